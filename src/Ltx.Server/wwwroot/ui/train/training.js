// One training: its way through the queue, its losses, and what came of it. All comes from the server, so another tab or a reload shows the same.

import { ApiError, NoServerError, cancel, listed, openApi, ownPath, result, statusStream } from "../api.js";
import { announce, bytes, copyButton, h, icon, replace, roughly } from "../dom.js";
import { LogList } from "../loglist.js";
import { Patience } from "../patience.js";
import { brief, isCut } from "../request.js";
import { inputSchema, label } from "../schema.js";
import { LossCurve, Losses } from "./losses.js";

/** Milliseconds until a stream that ended is asked for again. */
const PAUSE = 1000;

/** Lines in which the server says what it made of the data set. */
const OF_THE_DATA = /^Not used: | clips are trained with/;

export class TrainingView {
  #stop = new AbortController();
  #patience;
  #losses = new Losses();
  #lines = [];
  #said = "";

  /** `actions`: { edit(entry, errors), useLora(url) } of the workplaces. */
  constructor(id, actions) {
    Object.assign(this, { id, actions });
    this.away = h("p", { class: "notice warn", role: "status", hidden: true });
    this.#patience = new Patience(this.#stop.signal, this.away);
    this.heading = h("h1", { tabindex: -1 }, "Training");
    this.body = h("div", { class: "request-body" });
    this.element = h("div", { class: "request" }, this.heading, this.away, this.body);
  }

  async open() {
    try {
      this.entry = await this.#patience.ask(() => listed(this.id, this.#stop.signal));
      this.schema = inputSchema(await this.#patience.ask(() => openApi(this.entry.endpoint_id)), this.entry.endpoint_id);
      this.heading.textContent = titleOf(this.entry);
      this.#showShell();
      if (this.entry.status !== "COMPLETED") await this.#follow();
      await this.#finish();
    } catch (error) {
      if (error.name === "AbortError") return;
      replace(this.body, this.#problem(error));
    }
  }

  close() {
    this.#stop.abort();
  }

  // --- while it runs -----------------------------------------------------------------------------------------------------------

  #showShell() {
    // Not a live region: it changes with every step. What is worth saying is announced.
    this.state = h("p", { class: "state" });
    this.detail = h("p", { class: "detail" });
    this.bar = h("progress", { max: 1, "aria-label": "Progress of the training" });
    this.cancelButton = h("button", { type: "button", class: "quiet", onclick: () => this.#cancel() }, "Cancel");
    this.curve = new LossCurve();
    this.log = new LogList();
    this.ofTheData = h("ul", { class: "clips", "aria-label": "What the server made of the data set" });
    this.dataPanel = h("div", { class: "unused", hidden: true }, h("h2", {}, "Data set"), this.ofTheData);
    this.now = h("div", { class: "now" },
      h("div", { class: "run" }, h("div", { class: "row between" }, this.state, this.cancelButton), this.bar, this.detail));
    replace(this.body,
      h("section", { class: "panel", "aria-label": "State" }, this.now, this.curve.element, this.dataPanel),
      h("section", { class: "panel side", "aria-label": "The training" }, this.#inputList(),
        h("details", { class: "log-panel", open: true }, h("summary", {}, "Log"), this.log.element),
        h("div", { class: "row between identity" }, h("code", {}, this.id), copyButton("Copy id", () => this.id))));
  }

  /** Until it has ended, over as many connections as that takes. */
  async #follow() {
    for (;;) {
      const isOver = await this.#patience.ask(() => this.#read());
      if (isOver) return;
      await this.#patience.pause(PAUSE);
    }
  }

  /** One connection, which tells the log from its beginning. Returns whether the training has ended. */
  async #read() {
    let isFirst = true;
    for await (const now of statusStream(this.id, this.entry.endpoint_id, this.#stop.signal)) {
      this.away.hidden = true;
      if (isFirst) this.#clear();
      isFirst = false;
      this.#showLines([...this.#lines, ...(now.logs ?? [])]);
      if (now.status === "COMPLETED") return true;
      if (now.progress) this.#losses.addStep(now.progress);
      this.#showStatus(now);
      this.curve.show(this.#losses);
    }
    return false;
  }

  /** What was told is told again. */
  #clear() {
    this.#losses.clear();
    this.#lines = [];
  }

  #showStatus({ status, queue_position: front, progress }) {
    const { stage = "starting", step = 0, steps = 0, fraction = 0, seconds_left: left = null } = progress ?? {};
    const name = status === "IN_QUEUE" ? "Waiting" : stage.charAt(0).toUpperCase() + stage.slice(1);
    if (status === "IN_QUEUE") {
      this.state.textContent = front === 0 ? "Next in the queue" : `${front} in front of this one`;
      this.detail.textContent = "One training runs at a time; it begins as soon as the ones before it have ended.";
      this.bar.removeAttribute("value");
    } else {
      this.state.textContent = steps > 0 ? `${name}: ${step} of ${steps}` : name;
      this.bar.value = fraction;
      this.detail.textContent = `${Math.round(fraction * 100)} % done · ${left === null ? "too early to say how long" : `${roughly(left)} left`}`;
    }
    if (name !== this.#said) announce((this.#said = name));
  }

  #showLines(lines) {
    for (const { message } of lines.slice(this.#lines.length)) this.#losses.addLine(message);
    this.#lines = lines;
    this.log.show(lines);
    const told = lines.filter(({ message }) => OF_THE_DATA.test(message));
    this.dataPanel.hidden = told.length === 0;
    if (told.length !== this.ofTheData.childElementCount) replace(this.ofTheData, told.map(({ message }) => h("li", {}, message)));
  }

  async #cancel() {
    this.cancelButton.disabled = true;
    this.cancelButton.textContent = "Cancelling…";
    try {
      await cancel(this.id, this.entry.endpoint_id);
      announce("The training is being cancelled.");
    } catch (error) {
      // Ended before: the stream shows how.
      if (error instanceof ApiError && error.status === 400) return;
      this.cancelButton.disabled = false;
      this.cancelButton.textContent = "Cancel";
      this.away.hidden = false;
      this.away.textContent = error.message;
    }
  }

  // --- the end -----------------------------------------------------------------------------------------------------------------

  async #finish() {
    this.entry = await this.#patience.ask(() => listed(this.id, this.#stop.signal));
    this.#clear();
    this.#showLines(this.entry.logs ?? []);
    this.curve.show(this.#losses);
    try {
      const output = await this.#patience.ask(() => result(this.id, this.#stop.signal, this.entry.endpoint_id));
      replace(this.now, this.#success(output));
      announce("The LoRA is here.");
    } catch (error) {
      if (error.name === "AbortError" || error instanceof NoServerError) throw error;
      replace(this.now, this.#failure(error));
      announce("The training has ended without a result.");
    }
  }

  #success({ lora_file: lora, config_file: config, video, debug_dataset: data }) {
    const film = video ? ownPath(video.url) : null;
    const trigger = this.entry.input?.trigger_phrase;
    const download = (file, text) => file && h("a", { class: "button quiet", href: ownPath(file.url) ?? file.url, download: file.file_name ?? true },
      icon("download"), `${text}${file.file_size ? ` (${bytes(file.file_size)})` : ""}`);
    return [
      h("div", { class: "run" }, h("p", { class: "state" }, "The LoRA is here"),
        film === null ? h("p", { class: "detail" }, "No validation clips were asked for, so there are no previews.")
          : h("video", { class: "preview", src: film, controls: true, loop: true, playsinline: true, "aria-label": "Previews" })),
      h("div", { class: "row wrap actions" },
        h("button", { type: "button", class: "primary", onclick: () => this.actions.useLora(lora.url) }, "Use in a request"),
        download(lora, "LoRA"), download(config, "Config"), download(video, "Previews"), download(data, "Debug data set"), this.#editButton([])),
      !trigger ? null : h("dl", { class: "facts" },
        h("dt", {}, "Trigger phrase"), h("dd", {}, h("span", { class: "value" }, trigger), copyButton("Copy", () => trigger))),
    ];
  }

  #failure(error) {
    const isCancelled = error.type === "client_cancelled";
    const unused = error.details.flatMap(({ ctx }) => (Array.isArray(ctx?.unused) ? ctx.unused : []));
    return [
      h("div", { class: "run" },
        h("p", { class: "state" }, isCancelled ? "Cancelled" : "It did not work"),
        isCancelled ? h("p", { class: "detail" }, "The training was ended before there was a LoRA.") : h("p", { class: "problems" }, error.message),
        unused.length === 0 ? null
          : h("ul", { class: "clips", "aria-label": "Not used" },
            unused.map(({ file, reason }) => h("li", {}, h("strong", {}, file), h("span", { class: "why" }, reason))))),
      h("div", { class: "row wrap actions" }, this.#editButton(isCancelled ? [] : error.details)),
    ];
  }

  #editButton(details) {
    if (this.entry.input === null || isCut(this.entry.input)) return null;
    return h("button", { type: "button", class: "quiet", onclick: () => this.actions.edit(this.entry, details) }, "Change and train again");
  }

  #inputList() {
    const { input } = this.entry;
    if (input === null) return h("p", { class: "notice" }, "The server keeps no input of this training, so it cannot be shown or changed.");
    return h("dl", { class: "input-list" }, this.schema.order.filter((name) => input[name] !== undefined).map((name) => {
      const value = input[name];
      const own = typeof value === "string" && value.startsWith("http") ? ownPath(value) : null;
      const shown = own !== null ? h("a", { href: own, download: true }, own.split("/").at(-1))
        : name === "validation" ? value.map(({ prompt }) => prompt).join("; ") || "none"
        : typeof value === "string" ? brief(value) : JSON.stringify(value);
      return [h("dt", {}, label(name, this.schema.field(name))), h("dd", {}, shown)];
    }));
  }

  #problem(error) {
    const isGone = error instanceof ApiError && error.status === 404;
    return h("section", { class: "panel" },
      h("p", { class: "state" }, isGone ? "This training cannot be shown" : "The training cannot be shown now"),
      h("p", {}, !isGone ? error.message
        : "The server has no such training for this key: it belongs to another key, or it was so long ago that the server has forgotten it."),
      h("div", { class: "row" },
        h("button", { type: "button", class: "quiet", onclick: () => this.open() }, "Try again"),
        h("a", { class: "button quiet", href: "#/requests" }, "All requests")));
  }
}

/** What a training is called where only its request is known. */
export function titleOf({ endpoint_id: endpoint, input }) {
  const kind = endpoint.split("/").at(-1);
  return `Training of ${kind}${input?.trigger_phrase ? `: ${input.trigger_phrase}` : ""}`;
}
