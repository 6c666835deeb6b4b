// One request: its way through the queue, and what came of it. Nothing here depends on the tab that sent it; all comes from the server.

import { ApiError, ENDPOINT, NoServerError, cancel, isTrainer, listed, makePreview, ownPath, result, status, submit } from "./api.js";
import { codePanel } from "./code.js";
import { Compare } from "./compare.js";
import { announce, bytes, copyButton, h, icon, replace, roughly } from "./dom.js";
import { Guide } from "./guide.js";
import { currentKey } from "./key.js";
import { LogList } from "./loglist.js";
import { Patience } from "./patience.js";
import { label } from "./schema.js";
import { showsRight } from "./video.js";

/** Milliseconds between two looks at the status. */
const PAUSE = 700;

export class RequestView {
  #stop = new AbortController();
  #compare = null;
  #guide = null;
  #blobAddress = null;
  #patience;

  /** `actions`: { edit(entry, errors), useAsSource(url, name) } of the workplace. */
  constructor(id, schema, actions) {
    Object.assign(this, { id, schema, actions });
    this.body = h("div", { class: "request-body" });
    this.away = h("p", { class: "notice warn", role: "status", hidden: true });
    this.#patience = new Patience(this.#stop.signal, this.away);
    this.heading = h("h1", { tabindex: -1 }, "Request");
    this.element = h("div", { class: "request" }, this.heading, this.away, this.body);
  }

  async open() {
    try {
      this.entry = await this.#patience.ask(() => listed(this.id, this.#stop.signal));
      if (isTrainer(this.entry.endpoint_id)) return location.replace(`#/train/${this.id}`);
      this.heading.textContent = this.entry.input?.prompt || "Request";
      this.#showShell();
      if (this.entry.status !== "COMPLETED") {
        this.#showGuide().catch(() => {});
        await this.#follow();
      }
      await this.#finish();
    } catch (error) {
      if (error.name === "AbortError") return;
      replace(this.body, this.#problem(error));
    }
  }

  close() {
    this.#stop.abort();
    this.#compare?.close();
    this.#guide?.close();
    if (this.#blobAddress !== null) URL.revokeObjectURL(this.#blobAddress);
  }

  // --- while it runs -----------------------------------------------------------------------------------------------------------

  #showShell() {
    this.state = h("p", { class: "state", role: "status" });
    this.detail = h("p", { class: "detail" });
    this.bar = h("progress", { max: 1, "aria-label": "Progress of the request" });
    this.cancelButton = h("button", { type: "button", class: "quiet", onclick: () => this.#cancel() }, "Cancel");
    this.log = new LogList();
    this.main = h("section", { class: "panel", "aria-label": "State" },
      h("div", { class: "run" }, h("div", { class: "row between" }, this.state, this.cancelButton), this.bar, this.detail));
    this.logPanel = h("details", { class: "log-panel", open: true }, h("summary", {}, "Log"), this.log.element);
    this.side = h("section", { class: "panel side", "aria-label": "The request" }, this.#inputList(), this.logPanel, isCut(this.entry.input) ? [] : this.code().element, this.#identity());
    replace(this.body, this.main, this.side);
  }

  async #showGuide() {
    const source = await this.#sourceAddress();
    if (source === null || this.#stop.signal.aborted || this.entry.status === "COMPLETED") return;
    const mask = this.#maskPath;
    this.#guide = new Guide(source, mask, isPicture(mask));
    this.main.append(this.#guide.element);
  }

  async #follow() {
    let said = "";
    for (;;) {
      const now = await this.#patience.ask(() => status(this.id, this.#stop.signal));
      this.log.show(now.logs);
      if (now.status === "COMPLETED") return;
      const text = this.#showStatus(now);
      if (text !== said) announce((said = text));
      await this.#patience.pause(PAUSE);
    }
  }

  /** Shows the state; returns what is worth saying aloud. */
  #showStatus(now) {
    if (now.status === "IN_QUEUE") {
      const front = now.queue_position;
      this.state.textContent = front === 0 ? "Next in the queue" : `${front} in front of this one`;
      this.detail.textContent = "It begins as soon as the ones before it have ended.";
      this.bar.removeAttribute("value");
      return this.state.textContent;
    }
    const { stage, step, steps, fraction, seconds_left: left } = now.progress ?? { stage: "starting", step: 0, steps: 0, fraction: 0, seconds_left: null };
    const name = stage.charAt(0).toUpperCase() + stage.slice(1);
    this.state.textContent = steps > 0 ? `${name}: ${step} of ${steps}` : name;
    this.bar.value = fraction;
    this.detail.textContent = `${Math.round(fraction * 100)} % done · ${left === null ? "too early to say how long" : `${roughly(left)} left`}`;
    return name;
  }

  async #cancel() {
    this.cancelButton.disabled = true;
    this.cancelButton.textContent = "Cancelling…";
    try {
      await cancel(this.id);
      announce("The request is being cancelled.");
    } catch (error) {
      // Ended before: the next look shows how.
      if (!(error instanceof ApiError && error.status === 400)) {
        this.cancelButton.disabled = false;
        this.cancelButton.textContent = "Cancel";
        this.away.hidden = false;
        this.away.textContent = error.message;
      }
    }
  }

  // --- the end -----------------------------------------------------------------------------------------------------------------

  get #maskPath() {
    const url = this.entry.input?.mask_video_url;
    return typeof url === "string" ? ownPath(url) : null;
  }

  async #finish() {
    this.entry = await this.#patience.ask(() => listed(this.id, this.#stop.signal));
    this.log.show(this.entry.logs);
    this.logPanel.open = false;
    this.#guide?.close();
    this.#guide = null;
    let output;
    try {
      output = await this.#patience.ask(() => result(this.id, this.#stop.signal));
    } catch (error) {
      if (error.name === "AbortError" || error instanceof NoServerError) throw error;
      replace(this.main, this.#failure(error));
      announce("The request has ended without a result.");
      return;
    }
    replace(this.main, this.#success(output, await this.#sourceAddress()));
    announce("The result is here.");
  }

  /** Where the source can be seen: itself, or the server's preview of it where this browser does not show it right; null: nowhere. */
  async #sourceAddress() {
    const url = this.entry.input?.video_url;
    const path = typeof url === "string" ? ownPath(url) : null;
    if (path === null || (await showsRight(path))) return path;
    try {
      return ownPath((await makePreview(url, this.#stop.signal)).url);
    } catch (error) {
      if (error.name === "AbortError") throw error;
      this.away.hidden = false;
      this.away.textContent = `The source cannot be shown beside the result: ${error.message}`;
      return null;
    }
  }

  #success(output, source) {
    const url = output.video.url;
    const address = url.startsWith("data:") ? (this.#blobAddress = blobAddress(url)) : ownPath(url);
    const input = this.entry.input;
    const mask = this.#maskPath;
    const parts = [];
    if (address === null) {
      parts.push(h("p", { class: "notice" }, "The result lies on another server, which this page may not show. ", h("a", { href: url, rel: "noreferrer" }, "Open it there")));
    } else {
      const fps = input?.frames_per_second ?? this.schema.field("frames_per_second").default;
      this.#compare = new Compare({ result: address, source, mask, maskIsPicture: isPicture(mask), fps });
      parts.push(this.#compare.element);
    }
    if (isCut(input)) parts.push(this.#cutNotice());
    const name = output.video.file_name ?? "result.mp4";
    parts.push(h("div", { class: "row wrap actions" },
      address === null ? null : h("a", { class: "button primary", href: address, download: name }, icon("download"), `Download${output.video.file_size ? ` (${bytes(output.video.file_size)})` : ""}`),
      url.startsWith("data:") ? null : h("button", { type: "button", class: "quiet", onclick: () => this.actions.useAsSource(url, name) }, "Use the result as source"),
      !this.#canBeSent ? null : h("button", { type: "button", class: "quiet", onclick: (event) => this.#again(event.currentTarget) }, "Again with another seed"),
      !this.#canBeSent ? null : h("button", { type: "button", class: "quiet", onclick: () => this.actions.edit(this.entry, []) }, "Change and send again")));
    parts.push(h("dl", { class: "facts" },
      fact("Seed", String(output.seed)), fact("Final prompt", output.prompt)));
    return parts;
  }

  #failure(error) {
    const cancelled = error.type === "client_cancelled";
    const details = error.details ?? [];
    return [
      h("div", { class: "run" },
        h("p", { class: "state" }, cancelled ? "Cancelled" : "It did not work"),
        cancelled ? h("p", { class: "detail" }, "The request was ended before there was a result.")
        : details.length > 0 ? h("ul", { class: "problems" }, details.map(({ loc, msg }) => h("li", {}, h("strong", {}, this.#place(loc)), ` ${msg}`)))
        : h("p", { class: "problems" }, error.message)),
      h("div", { class: "row wrap actions" }, isCut(this.entry.input) ? this.#cutNotice() : !this.#canBeSent ? null
        : [h("button", { type: "button", class: "primary", onclick: () => this.actions.edit(this.entry, details) }, "Change and send again"),
          h("button", { type: "button", class: "quiet", onclick: (event) => this.#again(event.currentTarget, true) }, "Send again as it was")]),
    ];
  }

  #place(loc) {
    const [, name, index, part] = loc;
    if (name === undefined) return "The request:";
    const field = this.schema.properties[name] ? label(name, this.schema.field(name)) : name;
    return index === undefined ? `${field}:` : `${field} ${Number(index) + 1}${part ? `, ${part}` : ""}:`;
  }

  get #canBeSent() {
    return this.entry.input !== null && !isCut(this.entry.input);
  }

  #cutNotice() {
    return h("p", { class: "notice" }, "The request holds more than the server's list shows of it, so it cannot be changed or sent again from here.");
  }

  #whyNoInput() {
    return this.entry.payload_deleted
      ? "What this request was made of has been deleted from the server."
      : "The server keeps no input of this request, so it cannot be shown or changed.";
  }

  async #again(button, sameSeed = false) {
    button.disabled = true;
    try {
      const { seed: _, ...rest } = this.entry.input;
      const { request_id: id } = await submit(sameSeed ? this.entry.input : rest, this.entry.endpoint_id);
      location.hash = `#/requests/${id}`;
    } catch (error) {
      button.disabled = false;
      if (error instanceof ApiError && error.details.length > 0) this.actions.edit(this.entry, error.details);
      else {
        this.away.hidden = false;
        this.away.textContent = error.message;
      }
    }
  }

  // --- what it is made of ------------------------------------------------------------------------------------------------------

  #inputList() {
    const { input } = this.entry;
    if (input === null) return h("p", { class: "notice" }, this.#whyNoInput());
    const rows = this.schema.order.filter((name) => input[name] !== undefined && name !== "prompt").map((name) => {
      const value = input[name];
      const own = typeof value === "string" && value.startsWith("http") ? ownPath(value) : null;
      const shown = own !== null ? h("a", { href: own, target: "_blank", rel: "noopener" }, own.split("/").at(-1))
        : name === "loras" ? (value.length === 0 ? "none" : value.map((l) => `${String(l.path).split("/").at(-1)} × ${l.scale ?? 1} (${l.transformer ?? "both"})`).join(", "))
        : typeof value === "string" ? brief(value) : JSON.stringify(value);
      return [h("dt", {}, label(name, this.schema.field(name))), h("dd", {}, shown)];
    });
    return h("dl", { class: "input-list" }, h("dt", {}, "Prompt"), h("dd", {}, input.prompt ?? ""), rows);
  }

  code() {
    return codePanel(() => ({ endpoint: this.entry.endpoint_id ?? ENDPOINT, input: this.entry.input ?? {}, origin: location.origin, hasKey: currentKey() !== null }));
  }

  #identity() {
    return h("div", { class: "row between identity" }, h("code", {}, this.id), copyButton("Copy id", () => this.id));
  }

  #problem(error) {
    const isGone = error instanceof ApiError && error.status === 404;
    return h("section", { class: "panel" },
      h("p", { class: "state" }, isGone ? "This request cannot be shown" : "The request cannot be shown now"),
      h("p", {}, isGone ? "The server has no such request for this key: it belongs to another key, or it was so long ago that the server has forgotten it." : error.message),
      h("div", { class: "row" },
        h("button", { type: "button", class: "quiet", onclick: () => this.open() }, "Try again"),
        h("a", { class: "button quiet", href: "#/requests" }, "All requests")));
  }
}

/** Listings cut strings after so many characters (RequestListing.cs) and say how many there were; what was cut cannot be sent again. */
const LONGEST = 4096;
const CUT = /\.\.\. \((\d+) characters\)$/;

export function isCut(value) {
  if (typeof value === "string") return value.length > LONGEST && CUT.test(value);
  return value !== null && typeof value === "object" && Object.values(value).some(isCut);
}

/** A data URI by its kind and length. */
export function brief(text) {
  if (!text.startsWith("data:")) return text;
  return `${text.slice(0, text.search(/[;,]/))}, ${Number(CUT.exec(text)?.[1] ?? text.length).toLocaleString("en")} characters`;
}

const isPicture = (path) => /\.(png|jpe?g|webp|gif|bmp|avif)$/i.test(path ?? "");

function fact(name, value) {
  return [h("dt", {}, name), h("dd", {}, h("span", { class: "value" }, value), copyButton("Copy", () => value))];
}

/** The page's policy lets no data URI play; a blob of it may. */
function blobAddress(dataUri) {
  const [head, data] = [dataUri.slice(5, dataUri.indexOf(",")), dataUri.slice(dataUri.indexOf(",") + 1)];
  const binary = atob(data);
  const content = new Uint8Array(binary.length);
  for (let i = 0; i < binary.length; i++) content[i] = binary.charCodeAt(i);
  return URL.createObjectURL(new Blob([content], { type: head.split(";")[0] }));
}
