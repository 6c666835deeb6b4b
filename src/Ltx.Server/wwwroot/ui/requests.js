// The list of this key's requests.

import { NoServerError, isTrainer, list, thumbnailOf } from "./api.js";
import { h, icon, replace } from "./dom.js";
import { titleOf } from "./train/training.js";

const REFRESH = 3000;

/** The server decodes each one. */
const MOST_THUMBNAILS = 2;

export class RequestsView {
  #stop = new AbortController();
  #timer = null;
  #cursor = null;

  constructor() {
    this.items = h("ul", { class: "requests" });
    this.more = h("button", { type: "button", class: "quiet", hidden: true, onclick: () => this.#load(this.#cursor) }, "Older ones");
    this.note = h("p", { class: "notice", role: "status", hidden: true });
    this.heading = h("h1", { tabindex: -1 }, "Requests");
    this.element = h("div", { class: "requests-view" }, this.heading, this.note, this.items, this.more);
  }

  open() {
    // Another key sees other requests.
    document.addEventListener("ltx-key", () => this.#load(null), { signal: this.#stop.signal });
    return this.#load(null);
  }

  close() {
    this.#stop.abort();
    clearTimeout(this.#timer);
  }

  async #load(cursor) {
    try {
      const page = await list(cursor, this.#stop.signal);
      this.note.hidden = true;
      if (cursor === null) replace(this.items, page.requests.map(item));
      else this.items.append(...page.requests.map(item));
      this.#cursor = page.next_cursor;
      this.more.hidden = !page.has_more;
      if (this.items.childElementCount === 0) this.#say("There is none yet. What you send with this key appears here.");
      if (cursor === null && page.requests.some((r) => r.status !== "COMPLETED")) this.#later(() => this.#refresh());
    } catch (error) {
      this.#failed(error, () => this.#load(cursor));
    }
  }

  /** Brings states up to date in place: focus and scroll position stay. */
  async #refresh() {
    try {
      const page = await list(null, this.#stop.signal);
      this.note.hidden = true;
      for (const request of [...page.requests].reverse()) {
        const old = this.items.querySelector(`[data-id="${CSS.escape(request.request_id)}"]`);
        if (old === null) this.items.prepend(item(request));
        else if (old.dataset.state !== stateOf(request).text) old.querySelector(".badge").replaceWith(badge(request)), (old.dataset.state = stateOf(request).text);
      }
      if (page.requests.some((r) => r.status !== "COMPLETED")) this.#later(() => this.#refresh());
    } catch (error) {
      this.#failed(error, () => this.#refresh());
    }
  }

  #later(look) {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(look, REFRESH);
  }

  /** A server that is away comes back; one that refuses does so until something is done about it, and must not ask for a key again and again. */
  #failed(error, again) {
    if (error.name === "AbortError") return;
    this.#say(error.message);
    if (error instanceof NoServerError || error.status >= 500) this.#later(again);
  }

  #say(text) {
    this.note.textContent = text;
    this.note.hidden = false;
  }
}

function stateOf({ status, status_code: code, error_type: type }) {
  if (status === "IN_QUEUE") return { text: "Waiting", look: "waiting" };
  if (status === "IN_PROGRESS") return { text: "Running", look: "running" };
  if (code === 200) return { text: "Finished", look: "finished" };
  return type === "client_cancelled" ? { text: "Cancelled", look: "cancelled" } : { text: "Failed", look: "failed" };
}

function badge(request) {
  const { text, look } = stateOf(request);
  return h("span", { class: `badge ${look}` }, text);
}

function item(request) {
  return h("li", { "data-id": request.request_id, "data-state": stateOf(request).text },
    h("a", { href: `#/${isTrainer(request.endpoint_id) ? "train" : "requests"}/${request.request_id}` },
      thumbnail(request),
      h("span", { class: "request-text" },
        h("span", { class: "prompt" }, isTrainer(request.endpoint_id) ? titleOf(request) : request.input?.prompt ?? (request.payload_deleted ? "Deleted" : "Without a stored input")),
        h("span", { class: "when" }, h("time", { datetime: request.created_at }, new Date(request.created_at).toLocaleString()), request.key_name ? ` · ${request.key_name}` : "")),
      badge(request)));
}

const waiting = [];
let under = 0;

/** A frame of the result or, before there is one, of the source: asked for when it comes into sight, a few at a time. */
function thumbnail(request) {
  const frame = h("span", { class: "thumbnail", "aria-hidden": "true" }, icon("film"));
  sight.observe(frame);
  asked.set(frame, request.request_id);
  return frame;
}

const asked = new WeakMap();
const sight = new IntersectionObserver((entries) => {
  for (const { isIntersecting, target } of entries) {
    if (!isIntersecting) continue;
    sight.unobserve(target);
    waiting.push(target);
  }
  next();
});

async function next() {
  if (under >= MOST_THUMBNAILS || waiting.length === 0) return;
  under++;
  const frame = waiting.shift();
  try {
    const picture = frame.isConnected ? await thumbnailOf(asked.get(frame)) : null;
    if (picture !== null) {
      const address = URL.createObjectURL(picture);
      const image = h("img", { src: address, alt: "", onload: () => URL.revokeObjectURL(address) });
      replace(frame, image);
    }
  } catch {
    // The list is of use without its pictures.
  }
  under--;
  next();
}
