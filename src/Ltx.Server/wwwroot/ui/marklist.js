// The marks by name: one entry a mark, or a layer of strokes.

import { h, icon, replace } from "./dom.js";
import { groupOf, shapeName } from "./marks/geometry.js";

export class MarkList {
  #listed = null;

  constructor(tools) {
    this.tools = tools;
    this.element = h("ul", { class: "marks", "aria-label": "Marks, the upper one last" });
  }

  update() {
    const { marks, editor } = this.tools;
    const text = JSON.stringify([marks.shapes.map((s) => [s.id, s.layer, s.keys.length, s.erase ?? false]), editor.selection]);
    if (text === this.#listed) return;
    this.#listed = text;
    const focused = this.element.contains(document.activeElement) ? document.activeElement.dataset.focus : null;
    const groups = [...new Set(marks.shapes.map(groupOf))];
    replace(this.element, groups.length === 0
      ? h("li", { class: "hint" },
        "Nothing is marked yet. Drag over what should be made anew; then let the mark follow it, or move to another frame and move the mark there.")
      : groups.map((group, i) => this.#entry(group, i)));
    if (focused !== null) (this.element.querySelector(`[data-focus="${focused}"]`) ?? this.tools.stage.surface).focus();
  }

  #entry(group, i) {
    const { marks, editor } = this.tools;
    const at = marks.shapes.findIndex((shape) => groupOf(shape) === group);
    const shapes = marks.shapes.filter((shape) => groupOf(shape) === group);
    const [shape] = shapes;
    const name = shapeName(marks.shapes, at);
    const isSelected = shapes.every(({ id }) => editor.selection.includes(id));
    const about = [
      shapes.length > 1 ? `${shapes.length} strokes` : "",
      shape.keys.length > 1 ? `${shape.keys.length} keyframes` : "",
      shape.erase && shape.type !== "brush" ? "erases" : "",
    ].filter(Boolean).join(", ");
    return h("li", { class: isSelected ? "current" : "" },
      h("button", { type: "button", class: "mark", "aria-pressed": String(isSelected), "data-focus": `s${group}`, onclick: (event) => {
        editor.setTool("select");
        editor.select(shape.id, event.shiftKey);
      } }, icon(shape.type === "brush" && shape.erase ? "eraser" : shape.type), h("span", {}, name), h("span", { class: "count" }, about)),
      h("button", {
        type: "button", class: "quiet icon-only", "aria-label": `Remove ${name}`, title: "Remove", "data-focus": `r${i}`,
        onclick: () => this.tools.remove(shapes.map(({ id }) => id)),
      }, icon("close")));
  }
}
