// Two results under one line.

import { listed, ownPath } from "./api.js";
import { Compare } from "./compare.js";
import { h, replace } from "./dom.js";

export class ComparingView {
  #compare = null;
  #stop = new AbortController();

  constructor(ids) {
    this.ids = ids;
    this.heading = h("h1", { tabindex: -1 }, "Two results");
    this.body = h("section", { class: "panel", "aria-label": "Comparison" });
    this.element = h("div", { class: "request" }, this.heading, this.body);
  }

  async open() {
    try {
      const entries = await Promise.all(this.ids.map((id) => listed(id, this.#stop.signal)));
      const films = entries.map(({ output }) => (output?.video?.url ? ownPath(output.video.url) : null));
      if (entries.length !== 2 || films.includes(null)) throw new Error("Two results that lie on this server can be compared.");
      const names = entries.map(({ input, output }) => `${input?.prompt ?? "Without a prompt"} · seed ${output.seed}`);
      const fps = entries[1].input?.frames_per_second ?? 24;
      this.#compare = new Compare({ result: films[1], source: films[0], mask: null, fps, names: ["First", "Second"] });
      replace(this.body, h("dl", { class: "input-list" }, names.map((name, i) => [h("dt", {}, i === 0 ? "First" : "Second"),
        h("dd", {}, h("a", { href: `#/requests/${this.ids[i]}` }, name))])),
        this.#compare.element);
    } catch (error) {
      if (error.name !== "AbortError") replace(this.body, h("p", { class: "state" }, "They cannot be compared"), h("p", {}, error.message));
    }
  }

  close() {
    this.#stop.abort();
    this.#compare?.close();
  }
}
