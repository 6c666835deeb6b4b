// The drawing over the frame: the marked region in the guide's green, outlines and handles, pointer and keys. It owns no document; it
// shows the one it is given and tells of changes.

import { replace, svg } from "../dom.js";
import { boxOf, editShape, keyAt, newShape, rounded, shapeAt, simplified, toFrame, toLocal, withKey } from "./geometry.js";
import { isInside, rasterise, stateText } from "./raster.js";

/** The guide's green (docs/inpaint-pipeline.md), as a pixel of a canvas: little-endian ABGR, a bit over half opaque. */
const GREEN = 0x8c00ff66;

const HANDLES = [["nw", -1, -1], ["n", 0, -1], ["ne", 1, -1], ["e", 1, 0], ["se", 1, 1], ["s", 0, 1], ["sw", -1, 1], ["w", -1, 0]];
const DRAWN = ["rect", "ellipse"];

/**
 * Events: "edit" (detail: { marks, done }: a new document; done false while the pointer is still down), "select" (detail: id or null),
 * "tool" (detail: name). Everything else is set from outside.
 */
export class MarkEditor extends EventTarget {
  marks = { invert: false, shapes: [] };
  time = 0;
  size = { width: 16, height: 9 };
  selected = null;
  corner = null;
  tool = "select";
  radius = 16;
  wholePath = false;
  enabled = true;
  #gesture = null;
  #draft = null;
  #painted = null;

  constructor(surface, canvas, overlay) {
    super();
    Object.assign(this, { surface, canvas, overlay });
    surface.addEventListener("pointerdown", (event) => this.#down(event));
    surface.addEventListener("pointermove", (event) => this.#move(event));
    surface.addEventListener("pointerup", (event) => this.#up(event));
    surface.addEventListener("pointercancel", () => this.#cancel());
    surface.addEventListener("dblclick", () => this.#closePolygon());
    surface.addEventListener("keydown", (event) => this.#key(event));
    new ResizeObserver(() => this.draw()).observe(overlay);
  }

  setSize(width, height) {
    this.size = { width, height };
    this.canvas.width = width;
    this.canvas.height = height;
    this.#painted = null;
    this.overlay.setAttribute("viewBox", `0 0 ${width} ${height}`);
  }

  get shape() {
    return this.marks.shapes.find((s) => s.id === this.selected) ?? null;
  }

  /** Shows the document as it stands. */
  draw() {
    this.#paintMask();
    this.#paintOutlines();
    this.surface.dataset.tool = this.enabled ? this.tool : "none";
  }

  select(id) {
    this.selected = id;
    this.corner = null;
    this.draw();
    this.dispatchEvent(new CustomEvent("select", { detail: id }));
  }

  setTool(tool) {
    this.#closePolygon();
    this.tool = tool;
    this.dispatchEvent(new CustomEvent("tool", { detail: tool }));
    this.draw();
  }

  /** A shape of the tool in the middle of the frame: how the keyboard begins one. */
  addInMiddle(id) {
    if (!this.enabled) return;
    const { width, height } = this.size;
    const type = this.tool === "select" ? "rect" : this.tool === "eraser" ? "brush" : this.tool;
    const shape = newShape(type, id, this.time, width / 2, height / 2, width / 4, height / 4, this.radius);
    this.#add(this.tool === "eraser" ? { ...shape, erase: true } : shape);
  }

  /** Ends what is half drawn. */
  settle() {
    this.#closePolygon();
    this.#cancel();
  }

  // --- showing -----------------------------------------------------------------------------------------------------------------

  #shown() {
    const draft = this.#draft;
    return draft === null ? this.marks : { ...this.marks, shapes: [...this.marks.shapes, draft] };
  }

  #paintMask() {
    const { width, height } = this.size;
    const marks = this.#shown();
    const text = `${marks.invert}${this.enabled}${marks.shapes.map((s) => s.type[0] + (s.erase ? "-" : "+"))}${stateText(marks, this.time)}`;
    if (this.#painted?.text === text) return;
    const painted = (this.#painted ??= { image: new ImageData(width, height), mask: new Uint8Array(width * height) });
    painted.text = text;
    const context = this.canvas.getContext("2d");
    const isEmpty = marks.shapes.length === 0 && !marks.invert;
    if (isEmpty || !this.enabled) return context.clearRect(0, 0, width, height);
    rasterise(marks, width, height, this.time, painted.mask);
    const pixels = new Uint32Array(painted.image.data.buffer);
    for (let i = 0; i < pixels.length; i++) pixels[i] = painted.mask[i] === 0 ? 0 : GREEN;
    context.putImageData(painted.image, 0, 0);
  }

  #paintOutlines() {
    if (!this.enabled) return void replace(this.overlay);
    const unit = this.#unit();
    const parts = [];
    for (const shape of this.#shown().shapes) {
      const state = shapeAt(shape, this.time);
      if (state !== null) parts.push(this.#outline(shape, state, shape.id === this.selected, unit));
    }
    const shape = this.shape;
    if (shape !== null && shapeAt(shape, this.time) !== null && this.#draft === null) parts.push(...this.#handles(shape, keyAt(shape, this.time), unit));
    if (this.#draft?.type === "polygon" && this.#gesture?.kind === "polygon") {
      for (const [i, [x, y]] of this.#draft.keys[0].points.slice(0, -1).entries()) {
        parts.push(svg("circle", { cx: x, cy: y, r: (i === 0 ? 6 : 4) * unit, class: i === 0 ? "handle first" : "handle" }));
      }
    }
    replace(this.overlay, parts);
  }

  /** Pixels of the frame for one of the screen. */
  #unit() {
    const box = this.overlay.getBoundingClientRect();
    return box.width > 0 ? this.size.width / box.width : 1;
  }

  #outline(shape, state, selected, unit) {
    const look = { class: `outline${selected ? " selected" : ""}${shape.erase ? " erase" : ""}`, "data-shape": shape.id };
    if (shape.type === "brush") {
      // The stroke's own edge is the mask's; here its middle line is drawn, and a point as a small cross.
      const d = state.points.length === 1
        ? `M${state.points[0][0] - 4 * unit} ${state.points[0][1]}h${8 * unit}M${state.points[0][0]} ${state.points[0][1] - 4 * unit}v${8 * unit}`
        : path(state.points);
      return svg("path", { ...look, d, class: `${look.class} line` });
    }
    if (shape.type === "polygon") return svg("path", { ...look, d: `${path(state.points)}Z` });
    const box = boxOf(shape.type, state);
    const turn = `rotate(${(Math.atan2(box.sin, box.cos) * 180) / Math.PI} ${box.x} ${box.y})`;
    return shape.type === "rect"
      ? svg("rect", { ...look, x: box.x - box.rx, y: box.y - box.ry, width: 2 * box.rx, height: 2 * box.ry, transform: turn })
      : svg("ellipse", { ...look, cx: box.x, cy: box.y, rx: box.rx, ry: box.ry, transform: turn });
  }

  #handles(shape, state, unit) {
    const box = boxOf(shape.type, state);
    const parts = [];
    const at = (u, v) => toFrame(box, u, v);
    if (!DRAWN.includes(shape.type)) {
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
    if (shape.type === "polygon" || (shape.type === "brush" && this.corner !== null)) {
      for (const [i, [x, y]] of state.points.entries()) {
        if (shape.type === "brush" && i !== this.corner) continue;
        parts.push(svg("circle", { cx: x, cy: y, r: (i === this.corner ? 7 : 5) * unit, class: `handle corner${i === this.corner ? " current" : ""}`, "data-handle": "corner", "data-corner": i }));
      }
    }
    return parts;
  }

  // --- pointer -----------------------------------------------------------------------------------------------------------------

  #point(event) {
    const box = this.overlay.getBoundingClientRect();
    return [((event.clientX - box.left) / box.width) * this.size.width, ((event.clientY - box.top) / box.height) * this.size.height];
  }

  #down(event) {
    if (!this.enabled || event.button !== 0 || this.#gesture?.pointer !== undefined) return;
    const at = this.#point(event);
    this.surface.setPointerCapture(event.pointerId);
    if (this.#gesture?.kind === "polygon") return this.#corner(at, event.pointerType);
    const handle = event.target.closest?.("[data-handle]");
    const base = { pointer: event.pointerId, from: at, before: this.marks };
    this.dispatchEvent(new Event("grab"));
    if (handle && this.shape) {
      const name = handle.dataset.handle;
      if (name === "corner") this.corner = Number(handle.dataset.corner);
      this.#gesture = { ...base, kind: "handle", name, shape: this.shape, box: boxOf(this.shape.type, keyAt(this.shape, this.time)) };
    } else if (this.tool === "select") {
      const hit = this.#hit(at);
      if (hit !== this.selected) this.select(hit);
      this.#gesture = hit === null ? null : { ...base, kind: "move", shape: this.shape };
    } else if (this.tool === "polygon") {
      this.#gesture = { kind: "polygon" };
      this.#draft = { ...newShape("polygon", "draft", this.time, ...at, 1, 1), keys: [{ time: this.time, points: [at, at, at] }] };
    } else if (DRAWN.includes(this.tool)) {
      this.#gesture = { ...base, kind: "draw" };
    } else {
      this.#gesture = { ...base, kind: "stroke", points: [at] };
      this.#draft = { ...newShape("brush", "draft", this.time, ...at, 1, 1, this.radius), ...(this.tool === "eraser" ? { erase: true } : {}) };
    }
    this.draw();
    event.preventDefault();
    this.surface.focus({ preventScroll: true });
  }

  #move(event) {
    const gesture = this.#gesture;
    if (gesture === null) return;
    const at = this.#point(event);
    if (gesture.kind === "polygon") {
      const points = this.#draft.keys[0].points;
      this.#draft = { ...this.#draft, keys: [{ time: this.time, points: [...points.slice(0, -1), at] }] };
    } else if (gesture.pointer !== event.pointerId) {
      return;
    } else if (gesture.kind === "draw") {
      this.#draft = this.#boxed(gesture.from, at, event.shiftKey, event.altKey);
    } else if (gesture.kind === "stroke") {
      for (const part of event.getCoalescedEvents?.() ?? [event]) gesture.points.push(this.#point(part));
      this.#draft = { ...this.#draft, keys: [{ time: this.time, radius: this.radius, points: gesture.points }] };
    } else {
      const edit = this.#dragged(gesture, at, event.shiftKey);
      this.#tell(replaced(gesture.before, editShape(gesture.shape, this.time, edit, this.wholePath)), false);
      gesture.moved = true;
    }
    this.draw();
  }

  #up(event) {
    const gesture = this.#gesture;
    if (gesture === null || gesture.kind === "polygon" || gesture.pointer !== event.pointerId) return;
    this.#gesture = null;
    const draft = this.#draft;
    this.#draft = null;
    if (gesture.kind === "draw") {
      if (draft !== null) this.#add({ ...draft, id: this.newId() });
    } else if (gesture.kind === "stroke") {
      const points = simplified(gesture.points, Math.min(this.#unit() * 0.5, this.radius / 6));
      this.#add({ ...draft, id: this.newId(), keys: [{ time: this.time, radius: this.radius, points }] }, false);
    } else if (gesture.moved) {
      this.#tell(this.marks, true);
    }
    this.draw();
  }

  #cancel() {
    const gesture = this.#gesture;
    this.#gesture = null;
    this.#draft = null;
    if (gesture?.moved) this.#tell(gesture.before, false);
    this.draw();
  }

  /** The shape under a point, the upper one first; lines are given some room for the hand. */
  #hit([x, y]) {
    const room = 6 * this.#unit();
    for (const shape of [...this.marks.shapes].reverse()) {
      const state = shapeAt(shape, this.time);
      if (state === null) continue;
      const wide = shape.type === "brush" ? { ...state, radius: Math.max(state.radius, room) } : state;
      if (isInside(shape.type, wide, x, y)) return shape.id;
    }
    return null;
  }

  /** The box between two corners; with Shift as high as wide, with Alt around its middle. */
  #boxed([x0, y0], [x1, y1], square, middle) {
    let [w, h] = [x1 - x0, y1 - y0];
    if (square) {
      const side = Math.max(Math.abs(w), Math.abs(h));
      [w, h] = [side * Math.sign(w || 1), side * Math.sign(h || 1)];
    }
    if (Math.abs(w) < 1 || Math.abs(h) < 1) return null;
    return middle
      ? newShape(this.tool, "draft", this.time, x0, y0, Math.abs(2 * w), Math.abs(2 * h))
      : newShape(this.tool, "draft", this.time, x0 + w / 2, y0 + h / 2, Math.abs(w), Math.abs(h));
  }

  /** What a drag of a handle, or of the shape itself, does. */
  #dragged({ kind, name, box, from }, at, shift) {
    const [dx, dy] = [at[0] - from[0], at[1] - from[1]];
    if (kind === "move") return { kind: "move", dx, dy };
    if (name === "corner") return { kind: "point", index: this.corner, dx, dy };
    if (name === "turn") {
      const angle = Math.atan2(at[1] - box.y, at[0] - box.x) - Math.atan2(from[1] - box.y, from[0] - box.x);
      return { kind: "turn", angle: shift ? Math.round(angle / (Math.PI / 12)) * (Math.PI / 12) : angle };
    }
    const [, u, v] = HANDLES.find(([handle]) => handle === name);
    const [du, dv] = toLocal({ ...box, x: from[0], y: from[1] }, at[0], at[1]);
    let rx = Math.max(box.rx + (u * du) / 2, 0.5);
    let ry = Math.max(box.ry + (v * dv) / 2, 0.5);
    if (shift && u !== 0 && v !== 0) {
      const scale = Math.max(rx / box.rx, ry / box.ry);
      [rx, ry] = [box.rx * scale, box.ry * scale];
    }
    // The opposite side stays.
    const [x, y] = toFrame(box, u * (rx - box.rx), v * (ry - box.ry));
    return { kind: "box", from: box, to: { ...box, x, y, rx, ry } };
  }

  // --- polygons ----------------------------------------------------------------------------------------------------------------

  #corner(at, pointerType) {
    const points = this.#draft.keys[0].points.slice(0, -1);
    const unit = this.#unit();
    const near = ([x, y]) => Math.hypot(x - at[0], y - at[1]) < (pointerType === "touch" ? 18 : 9) * unit;
    const corners = distinct(points);
    if (corners.length >= 3 && near(corners[0])) return this.#closePolygon();
    if (corners.length > 0 && near(corners.at(-1))) return;
    this.#draft = { ...this.#draft, keys: [{ time: this.time, points: [...corners, at, at] }] };
    this.draw();
  }

  #closePolygon() {
    if (this.#gesture?.kind !== "polygon") return;
    const corners = distinct(this.#draft.keys[0].points.slice(0, -1));
    this.#gesture = null;
    this.#draft = null;
    if (corners.length >= 3) this.#add({ type: "polygon", id: this.newId(), keys: [{ time: this.time, points: corners.map((p) => p.map(rounded)) }] });
    this.draw();
  }

  // --- keys --------------------------------------------------------------------------------------------------------------------

  #key(event) {
    if (!this.enabled || event.ctrlKey || event.metaKey) return;
    if (event.key === "Escape") {
      if (this.#gesture?.kind === "polygon") this.#cancel();
      else this.select(null);
    } else if (event.key === "Enter") {
      if (this.#gesture?.kind === "polygon") this.#closePolygon();
      else if (this.tool !== "select") this.addInMiddle(this.newId());
      else return;
    } else if (this.shape === null) {
      return;
    } else if (event.key.startsWith("Arrow")) {
      const by = event.altKey ? 10 : 1;
      const [dx, dy] = { ArrowLeft: [-by, 0], ArrowRight: [by, 0], ArrowUp: [0, -by], ArrowDown: [0, by] }[event.key];
      this.#apply(event.shiftKey ? this.#sized(dx, dy) : this.corner === null ? { kind: "move", dx, dy } : { kind: "point", index: this.corner, dx, dy });
    } else if (event.key === "[" || event.key === "]") {
      this.#apply({ kind: "turn", angle: ((event.key === "[" ? -1 : 1) * Math.PI) / 36 });
    } else if (event.key === "n" || event.key === "N") {
      this.#nextCorner(event.shiftKey ? -1 : 1);
    } else if (event.key === "a" && this.shape.type === "brush") {
      this.#extendLine();
    } else {
      return;
    }
    event.preventDefault();
    event.stopPropagation();
  }

  /** Wider or higher about the middle, by pixels of the whole width or height. */
  #sized(dx, dy) {
    const from = boxOf(this.shape.type, keyAt(this.shape, this.time));
    const to = { ...from, rx: Math.max(from.rx + dx, 0.5), ry: Math.max(from.ry - dy, 0.5) };
    // A dot of the brush has one size.
    const both = Math.max(from.rx + dx - dy, 0.5);
    const isDot = this.shape.type === "brush" && keyAt(this.shape, this.time).points.length === 1;
    return { kind: "box", from, to: isDot ? { ...from, rx: both, ry: both } : to };
  }

  #nextCorner(by) {
    const count = keyAt(this.shape, this.time).points?.length ?? 0;
    if (count === 0) return;
    this.corner = this.corner === null ? (by > 0 ? 0 : count - 1) : (this.corner + by + count) % count;
    this.draw();
    this.dispatchEvent(new CustomEvent("corner", { detail: { index: this.corner, count } }));
  }

  /** One more point at the end of the brush's line, which the arrows then move: strokes by keyboard. */
  #extendLine() {
    const shape = { ...this.shape, keys: this.shape.keys.map((key) => ({ ...key, points: [...key.points, key.points.at(-1)] })) };
    const index = shape.keys[0].points.length - 1;
    this.#tell(replaced(this.marks, editShape(shape, this.time, { kind: "point", index, dx: this.radius, dy: 0 }, true)), true);
    this.corner = index;
    this.draw();
    this.dispatchEvent(new CustomEvent("corner", { detail: { index, count: index + 1 } }));
  }

  #apply(edit) {
    this.#tell(replaced(this.marks, editShape(this.shape, this.time, edit, this.wholePath)), true);
    this.draw();
  }

  #add(shape, select = true) {
    this.#tell({ ...this.marks, shapes: [...this.marks.shapes, shape] }, true);
    this.select(select ? shape.id : null);
    if (select && this.tool !== "select") this.setTool("select");
  }

  /** Changes the selected shape's key at this time; `change` gets its numbers. */
  setKey(change = (numbers) => numbers) {
    const shape = this.shape;
    if (shape !== null) this.#tell(replaced(this.marks, withKey(shape, this.time, change(keyAt(shape, this.time)))), true);
  }

  #tell(marks, done) {
    this.marks = marks;
    this.dispatchEvent(new CustomEvent("edit", { detail: { marks, done } }));
  }
}

export function replaced(marks, shape) {
  return { ...marks, shapes: marks.shapes.map((s) => (s.id === shape.id ? shape : s)) };
}

const path = (points) => points.map(([x, y], i) => `${i === 0 ? "M" : "L"}${x} ${y}`).join("");

const distinct = (points) => points.filter((p, i) => i === 0 || p[0] !== points[i - 1][0] || p[1] !== points[i - 1][1]);
