// The drawing's tools, undo and redo. What is done with the marks that are there: marklist.js and keyframes.js.

import { announce, h, icon, newId, plural } from "./dom.js";
import { KeyHelp } from "./keyhelp.js";
import { Keyframes } from "./keyframes.js";
import { editKey, groupOf, keyAt, shapeName } from "./marks/geometry.js";
import { MOST_WIDTH } from "./marks/editor.js";
import { History } from "./marks/history.js";
import { MarkList } from "./marklist.js";

const TOOLS = [
  ["select", "Select and move", "v"], ["rect", "Rectangle", "r"], ["ellipse", "Ellipse", "e"],
  ["polygon", "Polygon", "p"], ["brush", "Brush", "b"], ["eraser", "Eraser", "x"],
];

/** Frames before and after whose outlines the onion skin shows. */
const ONION = [-2, -1, 1, 2];

export const NO_MARKS = { invert: false, shapes: [] };

/** Events: "change": the drawing is another one. */
export class Tools extends EventTarget {
  #history = new History(NO_MARKS);
  #onion = false;

  constructor(stage) {
    super();
    this.stage = stage;
    this.editor = stage.editor;
    this.editor.newId = newId;
    this.list = new MarkList(this);
    this.keyframes = new Keyframes(this);
    this.help = new KeyHelp();
    this.#build();
    this.editor.addEventListener("edit", ({ detail }) => this.#edited(detail));
    this.editor.addEventListener("width", () => this.#showWidth());
    for (const name of ["select", "tool"]) this.editor.addEventListener(name, () => this.update());
    this.editor.addEventListener("corner", ({ detail }) => announce(`Point ${detail.index + 1} of ${detail.count}. Arrows move it.`));
    stage.surface.addEventListener("wheel", (event) => this.#wheel(event), { passive: false });
    stage.addEventListener("time", () => this.update());
    stage.addEventListener("lane", ({ detail }) => {
      this.editor.setTool("select");
      this.editor.select(detail);
    });
    stage.addEventListener("bounds", ({ detail: { id, side, time } }) => this.bound(id, side, time));
    this.update();
  }

  get marks() {
    return this.#history.present;
  }

  /** Another drawing, with nothing to undo. */
  load(marks) {
    this.keyframes.stop();
    this.#history = new History(marks);
    this.editor.marks = marks;
    this.editor.setTool(marks.shapes.length > 0 ? "select" : "rect");
    this.editor.select(null);
    this.update();
  }

  commit(marks) {
    this.#history.commit(marks);
    this.#settled();
  }

  undo() {
    this.editor.settle();
    this.#history.undo();
    this.#settled("Undone.");
  }

  redo() {
    this.#history.redo();
    this.#settled("Redone.");
  }

  /** Keys of the stage; true when one was meant for the tools. */
  handleKey(event) {
    if (this.keyframes.isTracking) {
      if (event.key === "Escape") this.keyframes.stop();
      return true;
    }
    const command = event.ctrlKey || event.metaKey;
    const key = event.key.toLowerCase();
    const { editor } = this;
    const tool = TOOLS.find(([, , letter]) => letter === key);
    if (command && key === "z") event.shiftKey ? this.redo() : this.undo();
    else if (command && key === "y") this.redo();
    else if (command && key === "a") editor.selectAll(this.marks.shapes.map(({ id }) => id));
    else if (command && key === "d" && editor.shapes.length > 0) this.duplicate();
    else if (command || event.altKey) return false;
    else if ((key === "delete" || key === "backspace") && editor.shapes.length > 0) this.remove(editor.selection);
    else if (tool !== undefined) editor.setTool(tool[0]);
    else if (key === "k") this.keyframes.toggle();
    else if (key === "t") this.keyframes.track();
    else if (key === "i") this.invert();
    else if (key === "o") this.toggleOnion();
    else if (key === "?") this.help.show();
    else return false;
    event.preventDefault();
    return true;
  }

  remove(ids) {
    const { shapes } = this.marks;
    const first = shapes.findIndex(({ id }) => ids.includes(id));
    const groups = new Set(shapes.filter(({ id }) => ids.includes(id)).map(groupOf));
    const name = groups.size === 1 ? shapeName(shapes, first) : plural(groups.size, "mark");
    this.editor.selectAll(this.editor.selection.filter((id) => !ids.includes(id)));
    this.commit({ ...this.marks, shapes: shapes.filter(({ id }) => !ids.includes(id)) });
    announce(`${name} removed.`);
  }

  /** The selected marks once more, a little aside. */
  duplicate() {
    const [dx, dy] = [this.editor.size.width / 30, this.editor.size.height / 30];
    const layers = new Map();
    const copies = this.editor.shapes.map((shape) => {
      const id = newId();
      if (shape.layer !== undefined && !layers.has(shape.layer)) layers.set(shape.layer, id);
      const keys = shape.keys.map((key) => editKey(shape.type, key, { kind: "move", dx, dy }));
      return { ...shape, id, keys, ...(shape.layer === undefined ? {} : { layer: layers.get(shape.layer) }) };
    });
    this.commit({ ...this.marks, shapes: [...this.marks.shapes, ...copies] });
    this.editor.setTool("select");
    this.editor.selectAll(copies.map(({ id }) => id));
    announce(`${plural(copies.length, "copy", "copies")} made.`);
  }

  invert() {
    this.commit({ ...this.marks, invert: !this.marks.invert });
    announce(this.marks.invert ? "Inverted: everything but the marks is generated anew." : "Not inverted.");
  }

  toggleOnion() {
    this.#onion = !this.#onion;
    this.update();
    this.editor.draw();
    announce(this.#onion ? "The neighbouring frames' marks are shown." : "The neighbouring frames' marks are hidden.");
  }

  /** A mark, with its layer, appears or ends at a time; null: the bound is taken away. */
  bound(id, side, time) {
    const group = groupOf(this.marks.shapes.find((shape) => shape.id === id));
    this.change((shape) => (groupOf(shape) === group ? { ...shape, [side]: time } : shape));
  }

  /** Changes every shape of the drawing. */
  change(of) {
    this.commit({ ...this.marks, shapes: this.marks.shapes.map(of) });
  }

  update() {
    const { editor, stage } = this;
    const shapes = editor.shapes;
    const isActive = this.active !== false;
    const { player } = stage;
    editor.enabled = isActive && !stage.isBeyond;
    editor.neighbours = !this.#onion || player.playing ? []
      : ONION.filter((by) => player.times[player.index + by] !== undefined).map((by) => ({ time: player.times[player.index + by],
        side: by < 0 ? "before" : "after" }));
    stage.hint.hidden = !isActive || this.marks.shapes.length > 0 || this.marks.invert || stage.isBeyond || player.playing;
    for (const [name, button] of this.toolButtons) button.setAttribute("aria-pressed", String(editor.tool === name));
    this.undoButton.disabled = !this.#history.canUndo;
    this.redoButton.disabled = !this.#history.canRedo;
    this.duplicateButton.disabled = shapes.length === 0;
    this.clearButton.disabled = this.marks.shapes.length === 0;
    this.invertButton.setAttribute("aria-pressed", String(this.marks.invert));
    this.onionButton.setAttribute("aria-pressed", String(this.#onion));
    this.sizeField.hidden = !["brush", "eraser"].includes(editor.tool) && editor.shape?.type !== "brush";
    stage.timeline.showMarks(isActive ? this.marks.shapes : [], editor.selection);
    this.list.update();
    this.keyframes.update();
    this.#showWidth();
  }

  // --- building ----------------------------------------------------------------------------------------------------------------

  #build() {
    const { editor } = this;
    this.toolButtons = new Map(TOOLS.map(([name, text, letter]) => [name, h("button", {
      type: "button", class: "tool", "aria-pressed": "false", "aria-keyshortcuts": letter, title: `${text} (${letter.toUpperCase()})`, "aria-label": text,
      onclick: () => editor.setTool(name),
    }, icon(name))]));
    const action = (name, text, hint, onclick) => h("button",
      { type: "button", class: "tool", title: hint ? `${text} (${hint})` : text, "aria-label": text, onclick }, icon(name));
    this.addButton = h("button", { type: "button", class: "tool wide", title: "Put a mark of this tool in the middle (Enter on the drawing area)", onclick: () => {
      this.editor.addInMiddle(newId());
      this.stage.surface.focus();
    } }, icon("add"), h("span", {}, "Add"));
    this.undoButton = action("undo", "Undo", "Ctrl+Z", () => this.undo());
    this.redoButton = action("redo", "Redo", "Ctrl+Shift+Z", () => this.redo());
    this.duplicateButton = action("copy", "Duplicate", "Ctrl+D", () => this.duplicate());
    this.clearButton = action("trash", "Remove all marks", "", () => {
      this.remove(this.marks.shapes.map(({ id }) => id));
      this.stage.surface.focus();
    });
    this.invertButton = action("invert", "Invert the mask", "I", () => this.invert());
    this.onionButton = action("onion", "Show the neighbouring frames' marks", "O", () => this.toggleOnion());
    this.helpButton = h("button", { type: "button", class: "tool", title: "Keyboard (?)", "aria-label": "Keyboard",
      onclick: () => this.help.show() }, h("strong", {}, "?"));
    this.radius = h("input", { type: "range", min: 1, max: MOST_WIDTH, step: 1, value: 2 * editor.radius, "aria-label": "Brush width",
      oninput: () => {
      editor.setWidth(Number(this.radius.value));
      if (editor.shape?.type === "brush") editor.setKey((numbers) => ({ ...numbers, radius: editor.radius }));
    } });
    this.sizeText = h("output", { class: "range" });
    this.sizeField = h("label", { class: "brush-size", title: "[ and ], or the wheel over the drawing area" }, h("span", {}, "Width"), this.radius,
      this.sizeText);
    this.toolbar = h("div", { class: "toolbar", role: "toolbar", "aria-label": "Marking tools" },
      h("div", { class: "group" }, [...this.toolButtons.values()], this.addButton),
      this.sizeField,
      h("div", { class: "group" }, this.undoButton, this.redoButton, this.duplicateButton, this.clearButton, this.invertButton, this.onionButton,
        this.helpButton));
    const help = h("p", { id: "drawing-help", class: "off-screen" },
      "Drag to draw with the chosen tool. By keyboard: Enter adds a mark in the middle, arrows move it (with Alt by ten pixels), Shift and arrows resize it, "
      + "square brackets turn it, N goes through the corners, A adds a point to a brush line, T makes it follow its subject, "
      + "K sets a keyframe at this frame, Delete removes it, comma and full stop step through the frames, space plays, the question mark shows all keys.");
    this.panel = h("div", { class: "marks-panel" }, this.list.element, this.keyframes.element, help, this.help.element);
  }

  #showWidth() {
    const { editor } = this;
    const width = Math.round(2 * (editor.shape?.type === "brush" ? keyAt(editor.shape, editor.time).radius : editor.radius));
    this.radius.value = width;
    this.sizeText.textContent = `${width} px`;
  }

  /** The wheel sizes the brush; with Ctrl it is the stage's. */
  #wheel(event) {
    if (event.ctrlKey || event.metaKey || !["brush", "eraser"].includes(this.editor.tool) || !this.editor.enabled) return;
    event.preventDefault();
    const width = 2 * this.editor.radius;
    this.editor.setWidth(event.deltaY < 0 ? Math.max(width * 1.1, width + 1) : Math.min(width / 1.1, width - 1));
  }

  // --- changes -----------------------------------------------------------------------------------------------------------------

  #edited({ marks, done }) {
    if (done) this.commit(marks);
    else this.update();
  }

  #settled(text) {
    const { editor } = this;
    editor.marks = this.marks;
    if (editor.shapes.length !== editor.selection.length) editor.selectAll(editor.shapes.map(({ id }) => id));
    if (this.marks.shapes.length === 0 && editor.tool === "select") editor.setTool("rect");
    this.update();
    editor.draw();
    this.dispatchEvent(new Event("change"));
    if (text) announce(text);
  }
}
