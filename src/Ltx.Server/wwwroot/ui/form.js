// The request's form, made from the server's OpenAPI document: names, defaults, ranges and help are the server's own and cannot drift.

import { bytes, h, icon, newId, plural, replace } from "./dom.js";
import { label, readText } from "./schema.js";
import { upload } from "./upload.js";

/** How an inpainting request's form is laid out: fields that have a place of their own on the page, and those that are not under "More". */
const INPAINTING = { name: "Request", elsewhere: ["video_url", "mask_video_url"], inFront: ["prompt", "loras"] };

/** Lists of things: what one is called, and which files it may be given. */
const LISTS = {
  loras: { one: "LoRA", uploads: { path: ".safetensors" } },
  validation: {
    one: "clip", uploads: { video_url: "video/*,.mkv", mask_url: "video/*,image/*,.mkv", reference_video_url: "video/*,.mkv", image_url: "image/*" },
  },
};

/** Text with a default longer than this gets room. */
const SHORT_TEXT = 60;

/** A slider is of use where the greatest is not more than so many times the least. */
const WIDEST = 1000;

export class RequestForm extends EventTarget {
  #controls = new Map(); // name -> { get, set, slot, focus }
  #items = {}; // of each list by its name: [{ controls, title, element }]

  /** `layout`: { name, elsewhere, inFront, steps } with `steps` { field: distance } of sliders whose numbers lie apart. */
  constructor(schema, layout = INPAINTING) {
    super();
    this.schema = schema;
    this.layout = layout;
    this.more = h("details", { class: "more" }, h("summary", {}, "More"), h("div", { class: "fields" }));
    this.summary = h("div", { class: "summary", role: "alert", tabindex: -1, hidden: true });
    this.element = h("form", { class: "request-form", novalidate: true, autocomplete: "off", "aria-label": layout.name, onsubmit: (event) => event.preventDefault() }, this.summary);
    const inFront = layout.inFront.filter((name) => schema.properties[name]);
    for (const name of [...inFront, ...schema.order.filter((name) => ![...inFront, ...layout.elsewhere].includes(name))]) {
      const field = schema.field(name);
      const make = LISTS[name] ? this.#list : field.type === "array" ? this.#pair : this.#field;
      const part = make.call(this, name, field, (control) => this.#controls.set(name, control));
      (inFront.includes(name) ? this.element : this.more.lastChild).append(part);
    }
    this.element.append(this.more);
  }

  /** A place elsewhere on the page where a field's errors are shown. */
  register(name, slot, focus) {
    this.#controls.set(name, { get: () => undefined, set: () => {}, slot, focus });
  }

  values() {
    const values = {};
    for (const [name, control] of this.#controls) {
      const value = control.get();
      if (value !== undefined) values[name] = value;
    }
    return values;
  }

  /** Puts values in; absent ones get their default. */
  set(values) {
    for (const [name, control] of this.#controls) control.set(values[name]);
    this.clearErrors();
  }

  /** Puts some values in and leaves the others. */
  patch(values) {
    for (const [name, value] of Object.entries(values)) this.#controls.get(name)?.set(value);
  }

  clearErrors() {
    for (const control of this.#controls.values()) showError(control, null);
    for (const item of Object.values(this.#items).flat()) Object.values(item.controls).forEach((control) => showError(control, null));
    this.summary.hidden = true;
  }

  /** Shows the errors of a 422 where they belong, and what belongs nowhere in front of all. */
  showErrors(details, headline = `The server did not take the request: ${plural(details.length, "thing")} to change.`) {
    this.clearErrors();
    const placed = [];
    const homeless = [];
    for (const { loc, msg } of details) {
      const [, name, index, part] = loc;
      const item = this.#items[name]?.[index];
      const control = item?.controls[part] ?? this.#controls.get(name);
      if (control === undefined) homeless.push(h("li", {}, `${loc.slice(1).join(" → ") || "The request"}: ${msg}`));
      else {
        showError(control, msg);
        placed.push(control);
        if (this.more.contains(control.slot)) this.more.open = true;
        homeless.push(h("li", {}, h("button", { type: "button", class: "link", onclick: () => control.focus() }, `${item ? `${item.title.textContent}: ` : ""}${control.label ?? label(name, this.schema.field(name))}`), ` ${msg}`));
      }
    }
    replace(this.summary, h("strong", {}, headline), h("ul", {}, homeless));
    this.summary.hidden = false;
    (placed[0] ?? { focus: () => this.summary.focus() }).focus();
  }

  showProblem(text) {
    replace(this.summary, h("strong", {}, text));
    this.summary.hidden = false;
    this.summary.focus();
  }

  #changed() {
    this.dispatchEvent(new Event("change"));
  }

  #field(name, field, add) {
    const id = `field-${newId()}`;
    const text = label(name, field);
    const slot = h("p", { class: "error", id: `${id}-error`, hidden: true });
    const help = h("p", { class: "help", id: `${id}-help` }, field.description ?? "");
    const described = { id, "aria-describedby": `${id}-help ${id}-error`, name };
    const changed = () => {
      showError(control, null);
      this.#changed();
    };
    let control;
    let body;
    if (field.type === "boolean") {
      const box = h("input", { ...described, type: "checkbox", class: "switch", onchange: changed });
      control = { get: () => box.checked, set: (value) => (box.checked = value ?? field.default ?? false), input: box };
      body = [h("div", { class: "field-line" }, h("label", { for: id }, text), box), help];
    } else if (field.enum) {
      const list = h("select", { ...described, onchange: changed }, field.enum.map((choice) => h("option", { value: choice }, choice)));
      control = { get: () => list.value, set: (value) => (list.value = value ?? field.default ?? field.enum[0]), input: list };
      body = [h("div", { class: "field-line" }, h("label", { for: id }, text), list), help];
    } else if (field.type === "number" || field.type === "integer") {
      const isBounded = field.minimum !== undefined && field.maximum !== undefined;
      const isEven = isBounded && !(field.minimum > 0 && field.maximum / field.minimum > WIDEST);
      const step = this.layout.steps?.[name] ?? (field.type === "integer" || field.maximum > 20 ? 1 : 0.05);
      const input = h("input", { ...described, type: "text", inputmode: field.type === "integer" ? "numeric" : "decimal", class: "number", placeholder: field.default ?? (name === "seed" ? "random" : "") });
      const slider = isEven && h("input", { type: "range", min: field.minimum, max: field.maximum, step, "aria-label": text });
      input.addEventListener("input", () => {
        if (slider && input.value !== "") slider.value = input.value;
        changed();
      });
      if (slider) slider.addEventListener("input", () => {
        input.value = slider.value;
        changed();
      });
      control = {
        get: () => readText(field, input.value), input,
        set: (value) => {
          input.value = value ?? field.default ?? "";
          if (slider) slider.value = input.value;
        },
      };
      const range = isBounded ? h("span", { class: "range" }, `${field.minimum} – ${field.maximum}`) : null;
      body = [h("div", { class: "field-line" }, h("label", { for: id }, text), range, input), slider || null, help];
    } else {
      const long = name === "prompt" || (field.default?.length ?? 0) > SHORT_TEXT;
      const input = h(long ? "textarea" : "input", { ...described, ...(long ? { rows: name === "prompt" ? 4 : 3 } : { type: "text" }), spellcheck: long ? "true" : "false", placeholder: field.examples?.[0] ?? "", oninput: changed });
      control = { get: () => input.value, set: (value) => (input.value = value ?? field.default ?? ""), input };
      body = [h("label", { for: id }, text), input, help];
    }
    control.slot = slot;
    control.label = text;
    control.focus = () => control.input.focus();
    control.set(undefined);
    add(control);
    return h("div", { class: "field", "data-field": name }, body, slot);
  }

  /** Two whole numbers side by side. */
  #pair(name, field, add) {
    const id = `field-${newId()}`;
    const text = label(name, field);
    const slot = h("p", { class: "error", id: `${id}-error`, hidden: true });
    const help = h("p", { class: "help", id: `${id}-help` }, field.description ?? "");
    const inputs = ["Column", "Row"].map((part) => h("input", {
      type: "text", inputmode: "numeric", class: "number", "aria-label": `${text}, ${part.toLowerCase()}`, placeholder: part, "aria-describedby": `${id}-help ${id}-error`,
      oninput: () => {
        showError(control, null);
        this.#changed();
      },
    }));
    const items = this.schema.resolve(field.items);
    const control = {
      slot, label: text, input: inputs[0], focus: () => inputs[0].focus(),
      get: () => {
        const numbers = inputs.map((input) => readText(items, input.value)).filter((number) => number !== undefined);
        return numbers.length === 0 ? undefined : numbers;
      },
      set: (value) => inputs.forEach((input, i) => (input.value = value?.[i] ?? "")),
    };
    add(control);
    return h("fieldset", { class: "field", "data-field": name }, h("div", { class: "field-line" }, h("legend", {}, text), inputs), help, slot);
  }

  #list(name, field) {
    const { one, uploads } = LISTS[name];
    const items = this.schema.resolve(field.items);
    const slot = h("p", { class: "error", hidden: true, id: `${name}-error` });
    const list = h("div", { class: "loras" });
    const most = field.maxItems ?? Infinity;
    const add = h("button", { type: "button", class: "quiet small", "aria-describedby": `${name}-error`, onclick: () => {
      insert({});
      Object.values(this.#items[name].at(-1).controls)[0].focus();
      this.#changed();
    } }, icon("add"), `Add a ${one}`);
    const group = h("fieldset", { class: "field", "data-field": name }, h("legend", {}, label(name, field)), h("p", { class: "help" }, field.description ?? ""), list, slot, add);
    const update = () => {
      add.hidden = this.#items[name].length >= most;
      this.#items[name].forEach((item, i) => (item.title.textContent = `${one[0].toUpperCase()}${one.slice(1)} ${i + 1}`));
    };
    const insert = (value) => {
      const item = { controls: {}, title: h("strong", {}) };
      const fields = Object.keys(items.properties).map((part) => [
        this.#field(part, this.schema.resolve(items.properties[part]), (control) => (item.controls[part] = control)),
        uploads[part] ? this.#upload(item.controls[part], uploads[part], Object.keys(uploads).length > 1) : [],
      ]);
      for (const [part, control] of Object.entries(item.controls)) control.set(value[part]);
      const remove = h("button", { type: "button", class: "quiet icon-only", "aria-label": `Remove this ${one}`, onclick: () => {
        this.#items[name].splice(this.#items[name].indexOf(item), 1);
        item.element.remove();
        update();
        add.focus();
        this.#changed();
      } }, icon("close"));
      item.element = h("div", { class: "lora" }, h("div", { class: "row between" }, item.title, remove), fields);
      this.#items[name].push(item);
      list.append(item.element);
      update();
    };
    this.#items[name] = [];
    this.#controls.set(name, {
      slot, label: label(name, field), focus: () => add.focus(),
      get: () => this.#items[name].map(({ controls }) => Object.fromEntries(Object.entries(controls).map(([part, c]) => [part, c.get()]).filter(([, v]) => v !== undefined && v !== ""))),
      set: (values) => {
        this.#items[name] = [];
        list.replaceChildren();
        for (const value of Array.isArray(values) ? values : []) insert(value);
        update();
      },
    });
    update();
    return group;
  }

  /** Sends a file and puts its address into a control. `isOneOfMany`: the button says for which. */
  #upload(control, accept, isOneOfMany) {
    const note = h("span", { class: "help", role: "status" });
    const input = h("input", { type: "file", accept, hidden: true, onchange: async () => {
      const file = input.files[0];
      input.value = "";
      if (!file) return;
      button.disabled = true;
      try {
        const url = await upload(file, { progress: (share) => (note.textContent = `Sending ${file.name} (${bytes(file.size)}): ${Math.round(share * 100)} %`) });
        control.set(url);
        note.textContent = `${file.name} is on the server.`;
        showError(control, null);
        this.#changed();
      } catch (error) {
        note.textContent = error.message;
      } finally {
        button.disabled = false;
      }
    } });
    const button = h("button", { type: "button", class: "quiet small", "aria-label": isOneOfMany ? `Upload a file: ${control.label}` : null, onclick: () => input.click() }, "Upload a file");
    return h("div", { class: "row" }, button, input, note);
  }
}

/** Shows or clears a control's error; several errors of one field stand side by side. */
function showError(control, message) {
  const { slot, input } = control;
  slot.textContent = message === null ? "" : [slot.textContent, message].filter(Boolean).join(" ");
  slot.hidden = message === null;
  if (message === null) input?.removeAttribute("aria-invalid");
  else input?.setAttribute("aria-invalid", "true");
}
