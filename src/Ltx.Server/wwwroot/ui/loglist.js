// A request's log, as far as it has come.

import { h } from "./dom.js";

export class LogList {
  constructor() {
    this.element = h("ol", { class: "log", tabindex: 0, "aria-label": "Log" });
  }

  /** All lines so far; those that are shown stay. */
  show(lines) {
    if (!lines || lines.length === this.element.childElementCount) return;
    const atEnd = this.element.scrollTop + this.element.clientHeight >= this.element.scrollHeight - 8;
    for (const line of lines.slice(this.element.childElementCount)) {
      const time = new Date(line.timestamp).toLocaleTimeString([], { hour12: false });
      this.element.append(h("li", { class: line.level.toLowerCase() }, h("time", { datetime: line.timestamp }, time), ` ${line.message}`));
    }
    if (atEnd) this.element.scrollTop = this.element.scrollHeight;
  }
}
