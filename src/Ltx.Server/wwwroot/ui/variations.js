// Requests that differ in their seed alone, beside each other: each plays as soon as it is there, and two are compared.

import { listed, ownPath, result, status } from "./api.js";
import { announce, h } from "./dom.js";
import { Patience } from "./patience.js";

/** Milliseconds between two looks at what still runs. */
const PAUSE = 1000;

export class VariationsView {
  #stop = new AbortController();
  #chosen = [];

  constructor(ids) {
    this.ids = ids;
    this.heading = h("h1", { tabindex: -1 }, "Variations");
    this.away = h("p", { class: "notice warn", role: "status", hidden: true });
    this.compare = h("a", { class: "button primary small", hidden: true }, "Compare these two");
    this.cards = ids.map((id, i) => this.#card(id, i));
    this.element = h("div", { class: "request" }, h("div", { class: "row between wrap" }, this.heading, this.compare), this.away,
      h("ul", { class: "requests variations", "aria-label": "Variations" }, this.cards.map(({ element }) => element)));
  }

  async open() {
    await Promise.all(this.cards.map((card) => this.#follow(card).catch((error) => {
      if (error.name !== "AbortError") card.text.textContent = error.message;
    })));
  }

  close() {
    this.#stop.abort();
    for (const { film } of this.cards) {
      film.removeAttribute("src");
      film.load();
    }
  }

  #card(id, i) {
    const film = Object.assign(h("video", { playsinline: true, loop: true, "aria-label": `Variation ${i + 1}` }), { muted: true });
    const text = h("span", { role: "status" }, "Waiting");
    const bar = h("progress", { max: 1, "aria-label": `Progress of variation ${i + 1}` });
    const choice = h("input", { type: "checkbox", disabled: true, "aria-label": `Compare variation ${i + 1}`,
      onchange: () => this.#choose(id, choice) });
    const element = h("li", {}, h("a", { href: `#/requests/${id}` }, h("span", { class: "thumbnail" }, film),
      h("span", { class: "prompt" }, `Variation ${i + 1}`)),
      h("div", { class: "row between card-actions" }, text, h("label", { class: "check" }, choice, "Compare")), bar);
    return { id, element, film, text, bar, choice };
  }

  async #follow({ id, film, text, bar, choice }) {
    const patience = new Patience(this.#stop.signal, this.away);
    for (;;) {
      const now = await patience.ask(() => status(id, this.#stop.signal));
      if (now.status === "COMPLETED") break;
      const fraction = now.progress?.fraction;
      text.textContent = now.status === "IN_QUEUE" ? "Waiting" : `${Math.round(100 * (fraction ?? 0))} %`;
      if (fraction !== undefined) bar.value = fraction;
      await patience.pause(PAUSE);
    }
    bar.remove();
    const { input } = await patience.ask(() => listed(id, this.#stop.signal));
    if (input?.prompt) this.heading.textContent = `Variations: ${input.prompt}`;
    const { video, seed } = await patience.ask(() => result(id, this.#stop.signal));
    text.textContent = `Seed ${seed}`;
    choice.disabled = false;
    film.src = ownPath(video.url) ?? "";
    film.currentTime = 0;
    if (!matchMedia("(prefers-reduced-motion: reduce)").matches) film.play().catch(() => {});
    announce(`A variation is here: ${text.textContent}.`);
  }

  #choose(id, box) {
    this.#chosen = this.#chosen.filter((other) => other !== id);
    if (box.checked) this.#chosen.push(id);
    if (this.#chosen.length > 2) {
      const first = this.#chosen.shift();
      this.cards.find((card) => card.id === first).choice.checked = false;
    }
    this.compare.hidden = this.#chosen.length < 2;
    this.compare.href = `#/compare/${this.#chosen.join("/")}`;
  }
}
