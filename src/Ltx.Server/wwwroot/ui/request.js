// One request: its way through the queue, and what came of it. Nothing here depends on the tab that sent it; all comes from the server.

import { ApiError, ENDPOINT, NoServerError, cancel, isTrainer, listed, makePreview, ownPath, result, status, submit } from "./api.js";
import { codePanel } from "./code.js";
import { Compare } from "./compare.js";
import { deleteButton } from "./deleting.js";
import { announce, bytes, copyButton, h, icon, replace, roughly, took } from "./dom.js";
import { Guide } from "./guide.js";
import { inputList, isCut } from "./inputlist.js";
import { currentKey } from "./key.js";
import { LogList } from "./loglist.js";
import { Patience } from "./patience.js";
import { label } from "./schema.js";
import { canMake, exportButton } from "./sidebyside.js";
import { showsRight } from "./video.js";

/** Milliseconds between two looks at the status. */
const PAUSE = 700;

export class RequestView {
  #stop = new AbortController();
  #compare = null;
  #guide = null;
  #blobAddress = null;
  #tells = false;
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
    this.tellButton = h("button", { type: "button", class: "quiet", hidden: !("Notification" in globalThis) || !isSecureContext,
      "aria-pressed": "false", onclick: () => this.#askToTell() }, "Tell me when it is done");
    this.cancelButton = h("button", { type: "button", class: "quiet", onclick: () => this.#cancel() }, "Cancel");
    this.log = new LogList();
    this.main = h("section", { class: "panel", "aria-label": "State" },
      h("div", { class: "run" }, h("div", { class: "row between wrap" }, this.state, h("div", { class: "row" }, this.tellButton, this.cancelButton)),
        this.bar, this.detail));
    this.logPanel = h("details", { class: "log-panel", open: true }, h("summary", {}, "Log"), this.log.element);
    this.side = h("section", { class: "panel side", "aria-label": "The request" }, inputList(this.entry, this.schema), this.logPanel, isCut(this.entry.input) ? [] : this.code().element, this.#identity());
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
      document.title = "Waiting · Ltx";
      return this.state.textContent;
    }
    const { stage, step, steps, fraction, seconds_left: left } = now.progress ?? { stage: "starting", step: 0, steps: 0, fraction: 0, seconds_left: null };
    const name = stage.charAt(0).toUpperCase() + stage.slice(1);
    this.state.textContent = steps > 0 ? `${name}: ${step} of ${steps}` : name;
    this.bar.value = fraction;
    document.title = `${Math.round(fraction * 100)} % · Ltx`;
    this.detail.textContent = `${Math.round(fraction * 100)} % done · ${left === null ? "too early to say how long" : `${roughly(left)} left`}`;
    return name;
  }

  /** A word from the browser when the request ends, also in a tab that nobody looks at. */
  async #askToTell() {
    this.#tells = !this.#tells && (await Notification.requestPermission()) === "granted";
    this.tellButton.setAttribute("aria-pressed", String(this.#tells));
    announce(this.#tells ? "You will be told." : "You will not be told.");
  }

  #tell(text) {
    document.title = `${text} · Ltx`;
    announce(text === "Done" ? "The result is here." : "The request has ended without a result.");
    if (!this.#tells) return;
    const word = new Notification(text === "Done" ? "Your video is ready" : "The request has ended without a result",
      { body: this.entry.input?.prompt ?? "", tag: this.id });
    word.onclick = () => {
      focus();
      word.close();
    };
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
      this.#tell(error.type === "client_cancelled" ? "Cancelled" : "Failed");
      return;
    }
    replace(this.main, this.#success(output, await this.#sourceAddress()));
    this.#tell("Done");
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
      mask === null ? null : h("a", { class: "button quiet", href: mask, download: `mask.${mask.split(".").at(-1)}` }, icon("download"), "Mask"),
      source === null || address === null || !canMake() ? null : exportButton(this.#compare, this.#stop.signal),
      copyButton("Copy link", () => location.href),
      url.startsWith("data:") ? null : h("button", { type: "button", class: "quiet", onclick: () => this.actions.useAsSource(url, name) }, "Use the result as source"),
      !this.#canBeSent ? null : h("button", { type: "button", class: "quiet", onclick: (event) => this.#again(event.currentTarget) }, "Again with another seed"),
      !this.#canBeSent ? null : h("button", { type: "button", class: "quiet", onclick: () => this.actions.edit(this.entry, []) },
        "Change and send again"),
      this.#deleteButton()));
    const { started_at: started, completed_at: completed } = this.entry;
    parts.push(h("dl", { class: "facts" },
      started && completed ? [h("dt", {}, "Made"), h("dd", {},
        `${new Date(completed).toLocaleString()}, in ${took((new Date(completed) - new Date(started)) / 1000)}`)] : null,
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
        : h("p", { class: "problems" }, this.#whatTheLogSays(error.message))),
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

  /** The log knows more than "Internal server error". */
  #whatTheLogSays(message) {
    const said = this.entry.logs?.findLast(({ level }) => level === "ERROR")?.message;
    return said === undefined || said.includes(message) ? (said ?? message) : `${message}: ${said}`;
  }

  #deleteButton() {
    return deleteButton(this.id, () => (location.hash = "#/requests"), (error) => {
      this.away.hidden = false;
      this.away.textContent = error.message;
    });
  }

  get #canBeSent() {
    return this.entry.input !== null && !isCut(this.entry.input);
  }

  #cutNotice() {
    return h("p", { class: "notice" }, "The request holds more than the server's list shows of it, so it cannot be changed or sent again from here.");
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
