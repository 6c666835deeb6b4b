// The drawing over the frame: the marked region in the guide's green, outlines and handles, pointer and keys. It owns no document; it
// shows the one it is given and tells of changes.

import { replace } from "../dom.js";
import { boxOf, editShape, groupOf, keyAt, newShape, rounded, shapeAt, simplified, toFrame, toLocal, withKey } from "./geometry.js";
import { HANDLES, paintOutlines } from "./outlines.js";
import { isInside, rasterise, stateText } from "./raster.js";

/** The guide's green (docs/inpaint-pipeline.md), as a pixel of a canvas: little-endian ABGR, a bit over half opaque. */
const GREEN = 0x8c00ff66;

const DRAWN = ["rect", "ellipse"];
export const MOST_WIDTH = 400;

/**
 * Events: "edit" (detail: { marks, done }: a new document; done false while the pointer is still down), "select", "tool" (detail: name),
 * "width": the brush has another. Everything else is set from outside.
 */
export class MarkEditor extends EventTarget {
  marks = { invert: false, shapes: [] };
  time = 0;
  size = { width: 16, height: 9 };
  /** The selected shapes' ids; those of one layer are selected together. */
  selection = [];
  corner = null;
  tool = "rect";
  /** Other frames whose outlines are shown faintly: { time, side: "before" or "after" }. */
  neighbours = [];
  /** Where the pointer is, in the frame's pixels. */
  cursor = null;
  radius = 16;
  wholePath = false;
  enabled = true;
  /** Shown, and not to be changed. */
  locked = false;
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
    surface.addEventListener("pointerleave", () => this.#hover(null));
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

  /** The selected shape, where it is one. */
  get shape() {
    return this.selection.length === 1 ? (this.shapes[0] ?? null) : null;
  }

  /** All selected shapes. */
  get shapes() {
    return this.marks.shapes.filter((s) => this.selection.includes(s.id));
  }

  /** Shows the document as it stands. */
  draw() {
    this.#paintMask();
    this.#paintOutlines();
    this.surface.dataset.tool = this.enabled ? this.tool : "none";
  }

  /** Selects a shape with its layer, or nothing (null); `more`: beside what is selected, or no longer if it was. */
  select(id, more = false) {
    const shape = this.marks.shapes.find((s) => s.id === id);
    const ids = shape === undefined ? [] : this.marks.shapes.filter((s) => groupOf(s) === groupOf(shape)).map((s) => s.id);
    const others = more ? this.selection.filter((other) => !ids.includes(other)) : [];
    const was = more && ids.every((own) => this.selection.includes(own));
    this.selectAll([...others, ...(was ? [] : ids)]);
  }

  selectAll(ids) {
    this.selection = ids;
    this.corner = null;
    this.draw();
    this.dispatchEvent(new Event("select"));
  }

  /** The brush's width, in the frame's pixels. */
  setWidth(width) {
    this.radius = Math.min(Math.max(width, 1), MOST_WIDTH) / 2;
    this.dispatchEvent(new Event("width"));
    this.#paintOutlines();
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
    const isPolygon = this.#draft?.type === "polygon" && this.#gesture?.kind === "polygon";
    paintOutlines(this, this.#shown().shapes, this.#draft, isPolygon, this.#unit());
  }

  /** Pixels of the frame for one of the screen. */
  #unit() {
    const box = this.overlay.getBoundingClientRect();
    return box.width > 0 ? this.size.width / box.width : 1;
  }

  // --- pointer -----------------------------------------------------------------------------------------------------------------

  #point(event) {
    const box = this.overlay.getBoundingClientRect();
    return [((event.clientX - box.left) / box.width) * this.size.width, ((event.clientY - box.top) / box.height) * this.size.height];
  }

  #down(event) {
    if (!this.enabled || this.locked || event.button !== 0 || this.#gesture?.pointer !== undefined) return;
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
      if (event.shiftKey ? hit !== null : !this.selection.includes(hit)) this.select(hit, event.shiftKey);
      this.#gesture = hit === null || this.shapes.length === 0 ? null : { ...base, kind: "move", shapes: this.shapes };
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
    const at = this.#point(event);
    this.cursor = event.pointerType === "touch" ? null : at;
    if (gesture === null) return this.#hover(this.cursor);
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
      const edited = (gesture.shapes ?? [gesture.shape]).map((shape) => editShape(shape, this.time, edit, this.wholePath));
      this.#tell(edited.reduce(replaced, gesture.before), false);
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
      const stroke = { ...draft, id: this.newId(), keys: [{ time: this.time, radius: this.radius, points }] };
      this.#add({ ...stroke, layer: this.#layerFor(stroke) }, false);
    } else if (gesture.moved) {
      this.#tell(this.marks, true);
    }
    this.draw();
  }

  /** Strokes that follow each other are one layer. */
  #layerFor(stroke) {
    const last = this.marks.shapes.at(-1);
    const goesOn = last?.layer !== undefined && (last.erase ?? false) === (stroke.erase ?? false) && last.keys.length === 1
      && last.keys[0].time === this.time;
    return goesOn ? last.layer : stroke.id;
  }

  #hover(at) {
    this.cursor = at;
    if (this.enabled && ["brush", "eraser"].includes(this.tool)) this.#paintOutlines();
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
    if (!this.enabled || this.locked || event.ctrlKey || event.metaKey) return;
    if (event.key === "Escape") {
      if (this.#gesture?.kind === "polygon") this.#cancel();
      else this.select(null);
    } else if (event.key === "Enter") {
      if (this.#gesture?.kind === "polygon") this.#closePolygon();
      else if (this.tool !== "select") this.addInMiddle(this.newId());
      else return;
    } else if (["brush", "eraser"].includes(this.tool) && (event.key === "[" || event.key === "]")) {
      const width = 2 * this.radius;
      this.setWidth(event.key === "]" ? Math.max(width * 1.15, width + 1) : Math.min(width / 1.15, width - 1));
    } else if (this.selection.length === 0) {
      return;
    } else if (event.key.startsWith("Arrow")) {
      const by = event.altKey ? 10 : 1;
      const [dx, dy] = { ArrowLeft: [-by, 0], ArrowRight: [by, 0], ArrowUp: [0, -by], ArrowDown: [0, by] }[event.key];
      if (this.shape === null) this.#apply({ kind: "move", dx, dy });
      else this.#apply(event.shiftKey ? this.#sized(dx, dy) : this.corner === null ? { kind: "move", dx, dy }
        : { kind: "point", index: this.corner, dx, dy });
    } else if (this.shape === null) {
      return;
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
    this.#tell(this.shapes.map((shape) => editShape(shape, this.time, edit, this.wholePath)).reduce(replaced, this.marks), true);
    this.draw();
  }

  #add(shape, select = true) {
    this.#tell({ ...this.marks, shapes: [...this.marks.shapes, shape] }, true);
    this.select(select ? shape.id : null);
    if (select && this.tool !== "select") this.setTool("select");
  }

  /** Changes the selected shapes' keyframes at this time; `change` gets their numbers. */
  setKey(change = (numbers) => numbers) {
    const changed = this.shapes.map((shape) => withKey(shape, this.time, change(keyAt(shape, this.time))));
    if (changed.length > 0) this.#tell(changed.reduce(replaced, this.marks), true);
  }

  #tell(marks, done) {
    this.marks = marks;
    this.dispatchEvent(new CustomEvent("edit", { detail: { marks, done } }));
  }
}

export function replaced(marks, shape) {
  return { ...marks, shapes: marks.shapes.map((s) => (s.id === shape.id ? shape : s)) };
}

const distinct = (points) => points.filter((p, i) => i === 0 || p[0] !== points[i - 1][0] || p[1] !== points[i - 1][1]);
