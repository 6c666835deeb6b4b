// What the server's model says of itself, and how long a request would take on this machine.

import { modelCard } from "./api.js";
import { h, replace, roughly } from "./dom.js";

/** Milliseconds that the hand rests before it is asked how long this would take. */
const REST = 400;

/** Longer than this and something shorter is offered, in seconds; and what that would take. */
const LONG = 600;
const SHORTER = 240;

/** Events: "prompt" (detail: the text) and "frames" (detail: a number) when one that is offered is taken. */
export class ModelInfo extends EventTarget {
  #timer = null;
  #turn = 0;
  card = null;

  constructor() {
    super();
    this.banner = h("div", { class: "notice model-banner", hidden: true });
    this.estimate = h("p", { class: "estimate", role: "status", hidden: true });
  }

  async load() {
    try {
      this.card = await modelCard();
    } catch {
      // The page is of use without it.
      return;
    }
    const { about, prompts } = this.card;
    this.banner.hidden = !about && prompts.length === 0;
    replace(this.banner, about ? h("p", {}, about) : null, prompts.length === 0 ? null
      : h("div", { class: "chips", role: "group", "aria-label": "Prompts that it knows" },
      prompts.map((prompt) => h("button", { type: "button", class: "quiet small chip",
        onclick: () => this.dispatchEvent(new CustomEvent("prompt", { detail: prompt })) }, prompt))));
  }

  /** How long a request would take; null: there is nothing to ask yet. */
  expect(request) {
    clearTimeout(this.#timer);
    const turn = ++this.#turn;
    if (request === null) return void (this.estimate.hidden = true);
    this.#timer = setTimeout(async () => {
      const { expected_seconds: seconds } = await modelCard(request).catch(() => ({ expected_seconds: null }));
      if (turn !== this.#turn) return;
      this.estimate.hidden = seconds === null || seconds === undefined;
      if (this.estimate.hidden) return;
      const frames = Math.max(8 * Math.floor((request.num_frames * SHORTER) / seconds / 8) + 1, 9);
      replace(this.estimate, `It takes ${roughly(seconds)} on this machine.`, seconds <= LONG || frames >= request.num_frames ? null
        : [" ", h("button", { type: "button", class: "link", onclick: () => this.dispatchEvent(new CustomEvent("frames", { detail: frames })) },
          `Shorten to ${frames} frames`)]);
    }, REST);
  }
}
