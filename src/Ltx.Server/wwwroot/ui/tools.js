// The drawing's tools, the list of marks, undo and redo.

import { announce, h, icon, newId, replace } from "./dom.js";
import { keyAt, shapeName, withoutKey } from "./marks/geometry.js";
import { replaced } from "./marks/editor.js";
import { History } from "./marks/history.js";

const TOOLS = [
  ["select", "Select and move", "v"], ["rect", "Rectangle", "r"], ["ellipse", "Ellipse", "e"],
  ["polygon", "Polygon", "p"], ["brush", "Brush", "b"], ["eraser", "Eraser", "x"],
];

export const NO_MARKS = { invert: false, shapes: [] };

/** Events: "change": the drawing is another one. */
export class Tools extends EventTarget {
  #history = new History(NO_MARKS);

  constructor(stage) {
    super();
    this.stage = stage;
    this.editor = stage.editor;
    this.editor.newId = newId;
    this.editor.addEventListener("edit", ({ detail }) => this.#edited(detail));
    this.editor.addEventListener("select", () => this.update());
    this.editor.addEventListener("tool", () => this.update());
    this.editor.addEventListener("corner", ({ detail }) => announce(`Point ${detail.index + 1} of ${detail.count}. Arrows move it.`));
    stage.addEventListener("time", () => this.update());
    this.#build();
    this.update();
  }

  get marks() {
    return this.#history.present;
  }

  /** Another drawing, with nothing to undo. */
  load(marks) {
    this.#history = new History(marks);
    this.editor.marks = marks;
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
    const command = event.ctrlKey || event.metaKey;
    const key = event.key.toLowerCase();
    if (command && key === "z") event.shiftKey ? this.redo() : this.undo();
    else if (command && key === "y") this.redo();
    else if (command || event.altKey) return false;
    else if ((event.key === "Delete" || event.key === "Backspace") && this.editor.shape) this.remove(this.editor.selected);
    else if (TOOLS.some(([, , letter]) => letter === key)) this.editor.setTool(TOOLS.find(([, , letter]) => letter === key)[0]);
    else if (key === "k") this.toggleKey();
    else if (key === "i") this.invert();
    else return false;
    event.preventDefault();
    return true;
  }

  remove(id) {
    const index = this.marks.shapes.findIndex((s) => s.id === id);
    const name = shapeName(this.marks.shapes, index);
    if (this.editor.selected === id) this.editor.select(null);
    this.commit({ ...this.marks, shapes: this.marks.shapes.filter((s) => s.id !== id) });
    announce(`${name} removed.`);
  }

  invert() {
    this.commit({ ...this.marks, invert: !this.marks.invert });
    announce(this.marks.invert ? "Inverted: everything but the marks is generated anew." : "Not inverted.");
  }

  toggleKey() {
    const { shape, time } = this.editor;
    if (shape === null) return;
    if (this.#hasKey(shape)) this.commit(replaced(this.marks, withoutKey(shape, this.#keyTime(shape))));
    else this.editor.setKey();
    announce(this.#hasKey(this.editor.shape) ? `Key set at ${time.toFixed(3)} seconds.` : "Key removed.");
  }

  update() {
    const { editor, stage } = this;
    const shape = editor.shape;
    editor.enabled = this.active !== false && !stage.isBeyond;
    for (const [name, button] of this.toolButtons) button.setAttribute("aria-pressed", String(editor.tool === name));
    this.undoButton.disabled = !this.#history.canUndo;
    this.redoButton.disabled = !this.#history.canRedo;
    this.invertButton.setAttribute("aria-pressed", String(this.marks.invert));
    this.sizeField.hidden = !["brush", "eraser"].includes(editor.tool) && shape?.type !== "brush";
    this.stage.showKeys(this.active === false ? null : shape);
    this.#list();
    this.#keyRow(shape);
  }

  // --- building ----------------------------------------------------------------------------------------------------------------

  #build() {
    const { editor } = this;
    this.toolButtons = new Map(TOOLS.map(([name, text, letter]) => [name, h("button", {
      type: "button", class: "tool", "aria-pressed": "false", "aria-keyshortcuts": letter, title: `${text} (${letter.toUpperCase()})`, "aria-label": text,
      onclick: () => editor.setTool(name),
    }, icon(name))]));
    const action = (name, text, hint, onclick) => h("button", { type: "button", class: "tool", title: `${text} (${hint})`, "aria-label": text, onclick }, icon(name));
    this.addButton = h("button", { type: "button", class: "tool wide", title: "Put a mark of this tool in the middle (Enter on the drawing area)", onclick: () => {
      this.editor.addInMiddle(newId());
      this.stage.surface.focus();
    } }, icon("add"), h("span", {}, "Add"));
    this.undoButton = action("undo", "Undo", "Ctrl+Z", () => this.undo());
    this.redoButton = action("redo", "Redo", "Ctrl+Shift+Z", () => this.redo());
    this.invertButton = action("invert", "Invert the mask", "I", () => this.invert());
    this.radius = h("input", { type: "range", min: 1, max: 200, step: 1, value: editor.radius, "aria-label": "Brush width", oninput: () => {
      editor.radius = Number(this.radius.value) / 2;
      this.sizeText.textContent = `${this.radius.value} px`;
      if (editor.shape?.type === "brush") editor.setKey((numbers) => ({ ...numbers, radius: editor.radius }));
    } });
    this.radius.value = 2 * editor.radius;
    this.sizeText = h("output", { class: "range" }, `${2 * editor.radius} px`);
    this.sizeField = h("label", { class: "brush-size" }, h("span", {}, "Width"), this.radius, this.sizeText);
    this.toolbar = h("div", { class: "toolbar", role: "toolbar", "aria-label": "Marking tools" },
      h("div", { class: "group" }, [...this.toolButtons.values()], this.addButton),
      this.sizeField,
      h("div", { class: "group" }, this.undoButton, this.redoButton, this.invertButton));
    this.list = h("ul", { class: "marks", "aria-label": "Marks, the upper one last" });
    this.keyRow = h("div", { class: "key-row", hidden: true });
    this.help = h("p", { id: "drawing-help", class: "off-screen" },
      "Drag to draw with the chosen tool. By keyboard: Enter adds a mark in the middle, arrows move it (with Alt by ten pixels), Shift and arrows resize it, "
      + "square brackets turn it, N goes through the corners, A adds a point to a brush line, K sets a key at this frame, Delete removes it, comma and full stop step through the frames, space plays.");
    this.panel = h("div", { class: "marks-panel" }, this.list, this.keyRow, this.help);

    const key = (name, text, onclick) => h("button", { type: "button", class: "quiet icon-only", title: text, "aria-label": text, onclick }, icon(name));
    this.keyBack = key("keyBack", "Previous key", () => this.#toKey(-1));
    this.keyToggle = h("button", { type: "button", class: "quiet small", "aria-keyshortcuts": "k", onclick: () => this.toggleKey() }, icon("key"), h("span", {}));
    this.keyForward = key("keyForward", "Next key", () => this.#toKey(1));
    this.wholePath = h("input", { type: "checkbox", onchange: () => (editor.wholePath = this.wholePath.checked) });
    this.erases = h("input", { type: "checkbox", onchange: () => this.#change({ erase: this.erases.checked || undefined }) });
    this.startButton = h("button", { type: "button", class: "quiet small", onclick: () => this.#bound("from") });
    this.endButton = h("button", { type: "button", class: "quiet small", onclick: () => this.#bound("to") });
    this.keyRow.append(
      h("div", { class: "row", role: "group", "aria-label": "Keys of the selected mark" }, this.keyBack, this.keyToggle, this.keyForward),
      h("div", { class: "row" }, this.startButton, this.endButton),
      h("label", { class: "check", title: "Off: an edit sets a key at this frame. On: it changes the mark at every time." }, this.wholePath, "Edit all keys together"),
      h("label", { class: "check" }, this.erases, "Erases"));
  }

  #list() {
    const { marks, editor } = this;
    const text = JSON.stringify([marks.shapes.map((s) => [s.id, s.keys.length, s.erase ?? false]), editor.selected]);
    if (text === this.listed) return;
    this.listed = text;
    const focused = this.list.contains(document.activeElement) ? document.activeElement.dataset.focus : null;
    replace(this.list, marks.shapes.length === 0
      ? h("li", { class: "hint" }, "Nothing is marked yet. Draw over what should be made anew; move to another frame and move the mark, and it follows.")
      : marks.shapes.map((shape, i) => {
          const name = shapeName(marks.shapes, i);
          return h("li", { class: shape.id === editor.selected ? "current" : "" },
            h("button", { type: "button", class: "mark", "aria-pressed": String(shape.id === editor.selected), "data-focus": `s${shape.id}`, onclick: () => {
              editor.setTool("select");
              editor.select(shape.id);
            } }, icon(shape.type === "brush" && shape.erase ? "eraser" : shape.type), h("span", {}, name),
              h("span", { class: "count" }, shape.keys.length > 1 ? `${shape.keys.length} keys` : shape.erase && shape.type !== "brush" ? "erases" : "")),
            h("button", { type: "button", class: "quiet icon-only", "aria-label": `Remove ${name}`, title: "Remove", "data-focus": `r${i}`, onclick: () => this.remove(shape.id) }, icon("close")));
        }));
    if (focused !== null) (this.list.querySelector(`[data-focus="${focused}"]`) ?? this.stage.surface).focus();
  }

  #keyRow(shape) {
    this.keyRow.hidden = shape === null;
    if (shape === null) return;
    const has = this.#hasKey(shape);
    const isOnly = has && shape.keys.length === 1;
    this.keyToggle.lastChild.textContent = isOnly ? "Key at this frame" : has ? "Remove the key here" : "Set a key here";
    this.keyToggle.disabled = isOnly;
    this.keyToggle.classList.toggle("on", has);
    const { time } = this.editor;
    this.keyBack.disabled = !shape.keys.some((key) => key.time < time - 1e-6);
    this.keyForward.disabled = !shape.keys.some((key) => key.time > time + 1e-6);
    this.wholePath.checked = this.editor.wholePath;
    this.wholePath.closest("label").hidden = shape.keys.length < 2;
    this.erases.checked = shape.erase ?? false;
    this.erases.closest("label").hidden = shape.type === "brush";
    this.startButton.textContent = (shape.from ?? null) === null ? "Appears here" : `Appears at ${shape.from.toFixed(2)} s ×`;
    this.endButton.textContent = (shape.to ?? null) === null ? "Ends before this frame" : `Ends at ${shape.to.toFixed(2)} s ×`;
    this.startButton.setAttribute("aria-pressed", String((shape.from ?? null) !== null));
    this.endButton.setAttribute("aria-pressed", String((shape.to ?? null) !== null));
    if (shape.type === "brush") {
      const width = Math.round(2 * keyAt(shape, time).radius);
      this.radius.value = width;
      this.sizeText.textContent = `${width} px`;
    }
  }

  // --- changes -----------------------------------------------------------------------------------------------------------------

  #edited({ marks, done }) {
    if (done) this.commit(marks);
    else this.update();
  }

  #settled(text) {
    this.editor.marks = this.marks;
    if (this.editor.shape === null && this.editor.selected !== null) this.editor.select(null);
    this.update();
    this.editor.draw();
    this.dispatchEvent(new Event("change"));
    if (text) announce(text);
  }

  #change(change) {
    const { shape } = this.editor;
    if (shape !== null) this.commit(replaced(this.marks, { ...shape, ...change }));
  }

  /** The mark appears, or ends, at the frame on screen; again takes the bound away. */
  #bound(side) {
    const { shape, time } = this.editor;
    this.#change({ [side]: (shape[side] ?? null) === null ? time : null });
  }

  #hasKey(shape) {
    return shape.keys.some((key) => Math.abs(key.time - this.editor.time) < 1e-6);
  }

  #keyTime(shape) {
    return shape.keys.find((key) => Math.abs(key.time - this.editor.time) < 1e-6).time;
  }

  #toKey(by) {
    const { shape, time } = this.editor;
    const keys = shape.keys.map((key) => key.time);
    const to = by > 0 ? keys.find((t) => t > time + 1e-6) : keys.findLast((t) => t < time - 1e-6);
    const { player } = this.stage;
    const index = player.times.findIndex((t) => t >= to - 1e-6);
    player.pause();
    player.seek(index < 0 ? player.times.length - 1 : index);
  }
}
