// This key's requests: what came of them, to look at, to find, to compare and to delete.

import { NoServerError, isTrainer, list, thumbnailOf } from "./api.js";
import { deleteButton } from "./deleting.js";
import { announce, h, icon, replace } from "./dom.js";
import { playOnHover } from "./hover.js";
import { titleOf } from "./train/training.js";

const REFRESH = 3000;

/** The server decodes each one. */
const MOST_THUMBNAILS = 2;

const FILTERS = [["all", "All"], ["finished", "Finished"], ["open", "Waiting or running"], ["failed", "Failed"]];

export class RequestsView {
  #stop = new AbortController();
  #timer = null;
  #cursor = null;
  #filter = "all";
  /** Ids of those that are to be compared. */
  #chosen = [];

  constructor() {
    this.search = h("input", { type: "search", placeholder: "Search prompts", "aria-label": "Search prompts", oninput: () => this.#sift() });
    this.filters = new Map(FILTERS.map(([name, text]) => [name, h("button", { type: "button", "aria-pressed": String(name === "all"), onclick: () => {
      this.#filter = name;
      for (const [other, button] of this.filters) button.setAttribute("aria-pressed", String(other === name));
      this.#sift();
    } }, text)]));
    this.compare = h("a", { class: "button primary small", hidden: true }, "Compare these two");
    this.none = h("p", { class: "help", role: "status", hidden: true }, "None of those that are shown is like that.");
    this.items = h("ul", { class: "requests" });
    this.more = h("button", { type: "button", class: "quiet", hidden: true, onclick: () => this.#load(this.#cursor) }, "Older ones");
    this.note = h("p", { class: "notice", role: "status", hidden: true });
    this.heading = h("h1", { tabindex: -1 }, "Requests");
    this.element = h("div", { class: "requests-view" }, this.heading,
      h("div", { class: "row wrap sifting" }, this.search, h("div", { class: "segmented", role: "group", "aria-label": "Which" },
        [...this.filters.values()]), this.compare),
      this.note, this.none, this.items, this.more);
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
      const items = page.requests.map((request) => this.#item(request));
      if (cursor === null) replace(this.items, items);
      else this.items.append(...items);
      this.#sift();
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
        if (old === null) this.items.prepend(this.#item(request));
        else if (old.dataset.state !== stateOf(request).text) this.#renew(old, request);
      }
      this.#sift();
      if (page.requests.some((r) => r.status !== "COMPLETED")) this.#later(() => this.#refresh());
    } catch (error) {
      this.#failed(error, () => this.#refresh());
    }
  }

  /** Another state: the focus stays where it was. */
  #renew(old, request) {
    const now = this.#item(request);
    const hadFocus = old.querySelector("a") === document.activeElement;
    old.replaceWith(now);
    if (hadFocus) now.querySelector("a").focus();
  }

  #item(request) {
    const { request_id: id } = request;
    const { text, look } = stateOf(request);
    const isTraining = isTrainer(request.endpoint_id);
    const title = isTraining ? titleOf(request) : request.input?.prompt ?? (request.payload_deleted ? "Deleted" : "Without a stored input");
    const film = isTraining ? null : (request.output?.video?.url ?? null);
    const frame = thumbnail(request);
    const link = h("a", { href: `#/${isTraining ? "train" : "requests"}/${id}` }, frame,
      h("span", { class: "request-text" },
        h("span", { class: "prompt" }, title),
        h("span", { class: "when" }, h("time", { datetime: request.created_at }, new Date(request.created_at).toLocaleString()),
          request.key_name ? ` · ${request.key_name}` : "")),
      h("span", { class: `badge ${look}` }, text));
    if (film !== null) playOnHover(link, frame, film);
    const isEnded = request.status === "COMPLETED";
    const choice = h("input", { type: "checkbox", checked: this.#chosen.includes(id), "aria-label": `Compare ${title}`,
      onchange: () => this.#choose(id, choice) });
    return h("li", { "data-id": id, "data-state": text, "data-look": isEnded ? (look === "finished" ? "finished" : "failed") : "open",
      "data-text": title.toLowerCase() }, link,
      !isEnded || request.payload_deleted ? null : h("div", { class: "row between card-actions" },
        film === null ? h("span", {}) : h("label", { class: "check" }, choice, "Compare"),
        deleteButton(id, () => this.#load(null), (error) => this.#say(error.message))));
  }

  /** Two at most: the one that was chosen first makes way. */
  #choose(id, box) {
    this.#chosen = this.#chosen.filter((other) => other !== id);
    if (box.checked) this.#chosen.push(id);
    if (this.#chosen.length > 2) {
      const first = this.#chosen.shift();
      const other = this.items.querySelector(`[data-id="${CSS.escape(first)}"] input`);
      if (other !== null) other.checked = false;
    }
    this.compare.hidden = this.#chosen.length < 2;
    this.compare.href = `#/compare/${this.#chosen.join("/")}`;
    if (!this.compare.hidden) announce("Two are chosen.");
  }

  /** Shows what is looked for among those that have been loaded. */
  #sift() {
    const words = this.search.value.trim().toLowerCase();
    let shown = 0;
    for (const entry of this.items.children) {
      entry.hidden = !((this.#filter === "all" || entry.dataset.look === this.#filter) && entry.dataset.text.includes(words));
      if (!entry.hidden) shown++;
    }
    this.none.hidden = shown > 0 || this.items.childElementCount === 0;
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
