// The Train tab: data set, form, and the way from there into the queue.

import { ApiError, TRAINER, openApi, submit } from "../api.js";
import { announce, h, newId, replace } from "../dom.js";
import { RequestForm } from "../form.js";
import { FieldProblem } from "../problems.js";
import { inputSchema, withoutDefaults } from "../schema.js";
import { DataSetPanel } from "./dataset.js";
import { KINDS } from "./layout.js";

/** What this tab keeps of it, until it is closed. */
const KEPT = "ltx-training";

const LAYOUT = {
  name: "Training",
  // Sound is not trained: its switch can only be refused.
  elsewhere: ["training_data_url", "with_audio"],
  inFront: [
    "trigger_phrase", "number_of_steps", "rank", "learning_rate", "number_of_frames", "frame_rate", "resolution", "aspect_ratio",
    "crop_top_left", "crop_bottom_right",
  ],
  // Frames are one more than a multiple of 8.
  steps: { number_of_frames: 8, validation_number_of_frames: 8 },
};

export class TrainWorkplace {
  #form = null;
  #schema = null;
  #kind = null;
  #sending = null;

  constructor() {
    this.data = new DataSetPanel();
    this.data.addEventListener("change", () => this.#keep());
    const id = `field-${newId()}`;
    this.kind = h("select", { id, onchange: () => this.#show(this.kind.value) },
      Object.entries(KINDS).map(([name, { title }]) => h("option", { value: name }, title)));
    this.formPlace = h("div", {});
    this.notice = h("p", { class: "notice warn", role: "alert", hidden: true });
    this.sendButton = h("button", { type: "button", class: "primary large", onclick: () => this.#send() }, "Train");
    this.stopButton = h("button", { type: "button", class: "quiet", onclick: () => this.#sending?.abort() }, "Stop");
    this.sendText = h("span", { role: "status" });
    this.sendBar = h("progress", { max: 1, "aria-label": "Sending" });
    this.sendingRow = h("div", { class: "sending", hidden: true }, h("div", { class: "row between" }, this.sendText, this.stopButton), this.sendBar);
    this.sendPart = h("div", { class: "send" }, this.sendButton, this.sendingRow);
    this.kindField = h("div", { class: "field" }, h("label", { for: id }, "Kind"), this.kind);
    this.element = h("div", { class: "compose" },
      h("h1", { class: "off-screen" }, "Train a LoRA"),
      this.data.element,
      h("section", { class: "panel side", "aria-label": "How it is trained" }, this.kindField, this.notice, this.formPlace));
    addEventListener("pagehide", () => this.#keep());
    addEventListener("beforeunload", (event) => {
      if (this.#sending !== null) event.preventDefault();
    });
  }

  /** Shows what this tab had; the first call asks the server for the form. */
  async open() {
    if (this.#form !== null) return;
    const { kind, form, data } = JSON.parse(sessionStorage.getItem(KEPT)) ?? {};
    this.data.restore(data);
    await this.#show(kind in KINDS ? kind : "inpaint", form);
  }

  /** Goes on with a training's input, and shows what was wrong with it. */
  async edit(input, endpoint, details) {
    await this.open();
    const { training_data_url: url, ...form } = input;
    const kind = endpoint.split("/").at(-1);
    await this.#show(kind in KINDS ? kind : "v2v", form);
    if (url) this.data.useAddress(url);
    this.#keep();
    if (details.length > 0) this.#form.showErrors(details);
    else this.data.focus();
  }

  /** The form of a kind; what was changed in the one before stays changed where there is such a field. */
  async #show(kind, values) {
    this.kind.value = kind;
    try {
      const endpoint = `${TRAINER}/${kind}`;
      const schema = inputSchema(await openApi(endpoint), endpoint);
      // Another one was chosen meanwhile.
      if (this.kind.value !== kind) return;
      values ??= this.#form === null ? {} : withoutDefaults(this.#schema, this.#form.values());
      [this.#kind, this.#schema, this.#form] = [kind, schema, new RequestForm(schema, LAYOUT)];
    } catch (error) {
      this.notice.hidden = false;
      replace(this.notice, `${error.message} `, h("button", { type: "button", class: "link", onclick: () => this.#show(kind, values) }, "Try again"));
      return;
    }
    this.notice.hidden = true;
    this.#form.set(Object.fromEntries(Object.entries(values).filter(([name]) => this.#schema.properties[name])));
    this.#form.register("training_data_url", this.data.error, () => this.data.focus());
    this.#form.addEventListener("change", () => {
      this.data.setRules({ trigger: this.#form.values().trigger_phrase });
      this.#keep();
    });
    this.#form.more.before(this.sendPart);
    replace(this.formPlace, this.#form.element);
    this.data.setRules({ kind, trigger: this.#form.values().trigger_phrase });
    this.data.clearError();
    this.#keep();
  }

  #keep() {
    if (this.#form === null) return;
    try {
      sessionStorage.setItem(KEPT, JSON.stringify({ kind: this.#kind, form: this.#form.values(), data: this.data.kept }));
    } catch {
      // Too large for it, or it keeps nothing: the page works all the same.
    }
  }

  async #send() {
    if (this.#sending !== null) return;
    const stop = new AbortController();
    this.#sending = stop;
    const form = this.#form;
    form.clearErrors();
    this.#showSending(true);
    const say = (text, share) => {
      this.sendText.textContent = share === null ? text : `${text}: ${Math.round(share * 100)} %`;
      if (share === null) this.sendBar.removeAttribute("value");
      else this.sendBar.value = share;
    };
    try {
      this.data.check();
      const training_data_url = await this.data.address(say, stop.signal);
      stop.signal.throwIfAborted();
      say("Asking the server", null);
      const { request_id: id } = await submit(withoutDefaults(this.#schema, { ...form.values(), training_data_url }), `${TRAINER}/${this.#kind}`);
      // Who looks at another page by now is left there; the list leads to it.
      if (this.element.isConnected) location.hash = `#/train/${id}`;
    } catch (error) {
      // First, because what cannot be used cannot be focused.
      this.#showSending(false);
      if (error.name === "AbortError") {
        announce("Stopped.");
        this.sendButton.focus();
      } else if (error instanceof FieldProblem) form.showErrors([{ loc: ["body", error.field], msg: error.message }], "Something is missing.");
      else if (error instanceof ApiError && error.details.length > 0) form.showErrors(error.details);
      else form.showProblem(error.message);
    } finally {
      this.#sending = null;
      this.#showSending(false);
    }
  }

  #showSending(busy) {
    this.sendButton.hidden = busy;
    this.sendingRow.hidden = !busy;
    this.element.setAttribute("aria-busy", String(busy));
    // What is being sent is not changed under way; "Stop" comes first.
    this.data.element.inert = this.kindField.inert = busy;
    if (busy) this.stopButton.focus();
  }
}
