// All keys of the workplace, at the press of "?".

import { h } from "./dom.js";

const KEYS = [
  ["Frames", [["Space", "play, pause"], [", .", "previous, next frame"], ["Home End", "first, last frame"], ["L", "loop"]]],
  ["Tools", [["V", "select and move"], ["R E P", "rectangle, ellipse, polygon"], ["B X", "brush, eraser"],
    ["[ ]", "brush width; turns a selected mark"], ["Enter", "a mark in the middle"]]],
  ["Marks", [
    ["T", "follow the subject"], ["K", "keyframe here"], ["Arrows", "move; with Alt by 10, with Shift resize"],
      ["N A", "next corner; longer brush line"],
    ["Shift+click", "select several"], ["Ctrl+A", "select all"], ["Ctrl+D", "duplicate"], ["Delete", "remove"], ["I", "invert the mask"],
  ]],
  ["View", [["+ − 0", "zoom; Ctrl and the wheel too"], ["O", "neighbouring frames' marks"], ["Ctrl+Z", "undo; with Shift redo"],
    ["Esc", "select nothing; stop following"], ["?", "these keys"]]],
];

export class KeyHelp {
  constructor() {
    const close = h("button", { type: "button", class: "quiet", autofocus: true, onclick: () => this.element.close() }, "Close");
    this.element = h("dialog", { class: "dialog key-help", "aria-label": "Keyboard", onkeydown: (event) => event.stopPropagation() },
      h("div", { class: "key-groups" }, KEYS.map(([title, keys]) => h("section", {}, h("h2", {}, title),
        h("dl", {}, keys.map(([key, text]) => [h("dt", {}, key.split(" ").map((one) => h("kbd", {}, one))), h("dd", {}, text)]))))),
      h("div", { class: "row end" }, close));
  }

  show() {
    this.element.showModal();
  }
}
