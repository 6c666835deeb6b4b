// What is drawn of the marks beside their pixels: outlines, handles, the neighbouring frames' outlines, the brush's size at the cursor.

import { replace, svg } from "../dom.js";
import { boxOf, isUnsure, keyAt, shapeAt, toFrame } from "./geometry.js";

export const HANDLES = [["nw", -1, -1], ["n", 0, -1], ["ne", 1, -1], ["e", 1, 0], ["se", 1, 1], ["s", 0, 1], ["sw", -1, 1], ["w", -1, 0]];

/**
 * Draws them into the editor's overlay.
 * @param shapes as they are shown, the one that is being drawn among them
 * @param draft the one that is being drawn, or null; `isPolygon`: it gets its corners one by one
 * @param unit pixels of the frame for one of the screen
 */
export function paintOutlines(editor, shapes, draft, isPolygon, unit) {
  const parts = [];
  for (const { time, side } of editor.neighbours) {
    for (const shape of editor.marks.shapes) {
      const state = shapeAt(shape, time);
      if (state !== null) parts.push(outline(shape, state, `onion ${side}`, unit));
    }
  }
  for (const shape of shapes) {
    const state = shapeAt(shape, editor.time);
    if (state === null) continue;
    const looks = { selected: editor.selection.includes(shape.id), erase: shape.erase, unsure: isUnsure(shape, editor.time) };
    const name = ["outline", ...Object.keys(looks).filter((look) => looks[look])].join(" ");
    parts.push(outline(shape, state, name, unit));
  }
  const { shape } = editor;
  if (shape !== null && shapeAt(shape, editor.time) !== null && draft === null) parts.push(...handles(editor, shape, keyAt(shape, editor.time),
    unit));
  if (isPolygon) {
    for (const [i, [x, y]] of draft.keys[0].points.slice(0, -1).entries()) {
      parts.push(svg("circle", { cx: x, cy: y, r: (i === 0 ? 6 : 4) * unit, class: i === 0 ? "handle first" : "handle" }));
    }
  }
  if (editor.cursor !== null && ["brush", "eraser"].includes(editor.tool)) {
    parts.push(svg("circle", { cx: editor.cursor[0], cy: editor.cursor[1], r: editor.radius, class: "brush-cursor" }));
  }
  replace(editor.overlay, parts);
}

function outline(shape, state, name, unit) {
  const look = { class: name, "data-shape": shape.id };
  if (shape.type === "brush") {
    // The stroke's own edge is the mask's; here its middle line is drawn, and a point as a small cross.
    const d = state.points.length === 1
      ? `M${state.points[0][0] - 4 * unit} ${state.points[0][1]}h${8 * unit}M${state.points[0][0]} ${state.points[0][1] - 4 * unit}v${8 * unit}`
      : path(state.points);
    return svg("path", { ...look, d, class: `${name} line` });
  }
  if (shape.type === "polygon") return svg("path", { ...look, d: `${path(state.points)}Z` });
  const box = boxOf(shape.type, state);
  const turn = `rotate(${(Math.atan2(box.sin, box.cos) * 180) / Math.PI} ${box.x} ${box.y})`;
  return shape.type === "rect"
    ? svg("rect", { ...look, x: box.x - box.rx, y: box.y - box.ry, width: 2 * box.rx, height: 2 * box.ry, transform: turn })
    : svg("ellipse", { ...look, cx: box.x, cy: box.y, rx: box.rx, ry: box.ry, transform: turn });
}

function handles({ corner }, shape, state, unit) {
  const box = boxOf(shape.type, state);
  const parts = [];
  const at = (u, v) => toFrame(box, u, v);
  if (!["rect", "ellipse"].includes(shape.type)) {
    const corners = [[-1, -1], [1, -1], [1, 1], [-1, 1]].map(([u, v]) => at(u * box.rx, v * box.ry));
    parts.push(svg("path", { d: `${path(corners)}Z`, class: "frame" }));
  }
  const [topX, topY] = at(0, -box.ry);
  const [turnX, turnY] = at(0, -box.ry - 26 * unit);
  if (!(shape.type === "brush" && state.points.length === 1)) {
    parts.push(svg("line", { x1: topX, y1: topY, x2: turnX, y2: turnY, class: "frame" }));
    parts.push(svg("circle", { cx: turnX, cy: turnY, r: 6 * unit, class: "handle turn", "data-handle": "turn" }));
  }
  for (const [name, u, v] of HANDLES) {
    const [x, y] = at(u * box.rx, v * box.ry);
    parts.push(svg("rect", { x: x - 5 * unit, y: y - 5 * unit, width: 10 * unit, height: 10 * unit, class: `handle ${name}`, "data-handle": name }));
  }
  if (shape.type === "polygon" || (shape.type === "brush" && corner !== null)) {
    for (const [i, [x, y]] of state.points.entries()) {
      if (shape.type === "brush" && i !== corner) continue;
      const look = `handle corner${i === corner ? " current" : ""}`;
      parts.push(svg("circle", { cx: x, cy: y, r: (i === corner ? 7 : 5) * unit, class: look, "data-handle": "corner", "data-corner": i }));
    }
  }
  return parts;
}

const path = (points) => points.map(([x, y], i) => `${i === 0 ? "M" : "L"}${x} ${y}`).join("");
