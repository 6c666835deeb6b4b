// The data set: a zip or loose files, which clips they make, and the way to the server.

import { ownPath } from "../api.js";
import { announce, bytes, h, icon, plural, replace } from "../dom.js";
import { FieldProblem } from "../problems.js";
import { requireReadable, upload } from "../upload.js";
import { KINDS, fold, isLeaving, judge } from "./layout.js";
import { zipListing, zipParts } from "./zip.js";

const FIELD = "training_data_url";

/** A caption that is longer is not read (Ltx.Training/Data/DataSetLimits). */
const LONGEST_CAPTION = 64 * 1024;

const PARTS = { target: "clip", reference: "reference", mask: "mask", caption: "caption" };

/** Events: "change": other files, or other rules for them. */
export class DataSetPanel extends EventTarget {
  /** { name, size, caption, file } each; `file` is null after a reload, and for what lies in a zip. */
  #files = [];
  /** { name, size, file } of a zip that is sent as it is. */
  #zip = null;
  /** What lies on the server: { url, key }, where `key` tells of which files it is. */
  #sent = null;
  #rules = { kind: "inpaint", trigger: "" };
  #adding = Promise.resolve();

  constructor() {
    super();
    const chooser = (props) => {
      const input = h("input", { type: "file", multiple: true, hidden: true, ...props, onchange: () => {
        const files = [...input.files].map((file) => ({ name: file.webkitRelativePath || file.name, file }));
        input.value = "";
        this.add(files);
      } });
      return input;
    };
    const [files, folder] = [chooser({ accept: ".zip,video/*,image/*,.mkv,.txt" }), chooser({ webkitdirectory: true })];
    this.choose = h("button", { type: "button", class: "primary", onclick: () => files.click() }, "Choose files");
    const chooseFolder = h("button", { type: "button", class: "quiet", onclick: () => folder.click() }, "Choose a folder");
    this.clear = h("button", { type: "button", class: "quiet", hidden: true, onclick: () => this.#empty() }, "Begin anew");
    this.naming = h("p", {});
    this.error = h("p", { class: "error", role: "alert", hidden: true });
    this.summary = h("p", { class: "state", role: "status" });
    this.again = h("p", { class: "notice", hidden: true });
    this.problem = h("p", { class: "error", hidden: true });
    this.clips = h("ul", { class: "clips", "aria-label": "Clips" });
    this.unused = h("ul", { class: "clips", "aria-label": "Not used" });
    this.unusedPanel = h("div", { class: "unused" }, h("h2", {}, "Not used"), this.unused);
    this.found = h("div", { class: "found", hidden: true }, this.summary, this.again, this.problem,
      h("div", { class: "found-lists", tabindex: 0, role: "group", "aria-label": "What was found" }, this.clips, this.unusedPanel));
    this.element = h("section", { class: "panel stage-panel", "aria-label": "Data set", ...this.#dropTarget() },
      files, folder,
      h("div", { class: "drop" },
        icon("film"), h("h2", {}, "Drop a zip here, or the files themselves"), this.naming,
        h("div", { class: "row wrap" }, this.choose, chooseFolder, this.clear)),
      this.error, this.found);
    this.#show();
  }

  /** What is trained says how files are named; a trigger phrase may stand for captions. */
  setRules(rules) {
    this.#rules = { ...this.#rules, ...rules };
    this.#show();
  }

  /** What a reload needs of it. */
  get kept() {
    const zip = this.#zip && { name: this.#zip.name, size: this.#zip.size };
    return { files: this.#files.map(({ name, size, caption }) => ({ name, size, caption })), zip, sent: this.#sent };
  }

  restore({ files = [], zip = null, sent = null } = {}) {
    this.#files = files.map((file) => ({ ...file, file: null }));
    this.#zip = zip && { ...zip, file: null };
    this.#sent = sent;
    this.#show();
  }

  /** A data set that lies on the server, of which nothing else is known here. */
  useAddress(url) {
    if (this.#sent?.url === url) return;
    this.#files = [];
    this.#zip = { name: ownPath(url)?.split("/").at(-1) ?? url, size: null, file: null };
    this.#sent = { url, key: this.#key() };
    this.#show();
  }

  /** More files: [{ name, file }]. A zip takes the place of all there is; one of the same name that of the other. */
  add(found) {
    // One after the other: what is looked into takes its time.
    this.#adding = this.#adding.then(() => this.#add(found)).catch((error) => this.#say(error.message));
    return this.#adding;
  }

  async #add(found) {
    this.clearError();
    const zip = found.find(({ name }) => name.toLowerCase().endsWith(".zip"));
    if (zip) {
      const listing = await zipListing(zip.file).catch(() => null);
      if (listing === null) throw new Error(`${zip.name}: the archive is no zip file, or one that is damaged or cut off.`);
      this.#zip = { name: zip.name, size: zip.file.size, file: zip.file };
      this.#files = listing.map((file) => ({ ...file, file: null }));
    } else {
      const files = new Map(this.#zip ? [] : this.#files.map((file) => [fold(file.name), file]));
      this.#zip = null;
      for (const { name, file } of found) {
        const caption = name.toLowerCase().endsWith(".txt") ? await captionOf(file) : undefined;
        if (!isLeaving(name)) files.set(fold(name), { name, size: file.size, file, caption });
      }
      this.#files = [...files.values()];
    }
    this.#show();
    announce(this.summary.textContent);
    this.dispatchEvent(new Event("change"));
  }

  #empty() {
    this.restore();
    this.clearError();
    this.choose.focus();
    this.dispatchEvent(new Event("change"));
  }

  clearError() {
    this.error.hidden = true;
    this.error.textContent = "";
  }

  focus() {
    this.choose.focus();
  }

  // --- on the way --------------------------------------------------------------------------------------------------------------

  /** What is missing before anything is worth sending. */
  check() {
    if (this.#isSent) return;
    if (this.#zip === null && this.#files.length === 0) throw new FieldProblem(FIELD, "Choose the data set first.");
    const { problem } = this.#judged;
    if (problem !== null) throw new FieldProblem(FIELD, problem);
    const missing = this.#missing();
    const others = missing.length > 1 ? ` and ${plural(missing.length - 1, "other file")}` : "";
    if (missing.length > 0) throw new FieldProblem(FIELD, `Choose ${missing[0]}${others} again: not yet sent to the server.`);
  }

  /** Its address on the server, packed and sent where that was not done. `say(text, share)` is told how far it is. */
  async address(say, signal) {
    if (this.#isSent) return this.#sent.url;
    const key = this.#key();
    const used = this.#zip ? [this.#zip] : this.#used();
    const sources = used.map(({ file }) => file);
    let zip = this.#zip?.file;
    if (!zip) {
      try {
        const parts = await zipParts(used, { signal, progress: (share) => say("Packing the data set", share) });
        zip = new File(parts, "dataset.zip", { type: "application/zip" });
      } catch (error) {
        if (error.name !== "AbortError") await requireReadable(sources);
        throw error;
      }
    }
    const url = await upload(zip, { signal, sources, progress: (share) => say("Sending the data set", share) });
    this.#sent = { url, key };
    this.#show();
    this.dispatchEvent(new Event("change"));
    return url;
  }

  get #isSent() {
    return this.#sent !== null && this.#sent.key === this.#key();
  }

  /** Files of the clips; what belongs to none is not sent. */
  #used() {
    return this.#judged.clips.flatMap(({ parts }) => Object.values(parts));
  }

  #missing() {
    return (this.#zip ? [this.#zip] : this.#used()).filter(({ file }) => file === null).map(({ name }) => name);
  }

  /** The same for the same files, also after a reload. */
  #key() {
    return JSON.stringify((this.#zip ? [this.#zip] : this.#used()).map(({ name, size }) => [name, size]));
  }

  // --- what is shown -----------------------------------------------------------------------------------------------------------

  get #judged() {
    return judge(this.#files, this.#rules.kind, this.#rules.trigger);
  }

  #show() {
    const { clips, refused, problem } = this.#judged;
    this.naming.textContent = `${KINDS[this.#rules.kind].files}. A caption NAME.txt may go with each clip. Only what clips are made of is sent.`;
    const isEmpty = this.#zip === null && this.#files.length === 0;
    this.found.hidden = isEmpty;
    this.clear.hidden = isEmpty;
    if (isEmpty) return;
    const isKnown = this.#files.length > 0;
    const size = (this.#zip ? [this.#zip] : this.#used()).reduce((sum, file) => sum + (file.size ?? 0), 0);
    this.summary.textContent = [
      this.#zip?.name, isKnown ? plural(clips.length, "clip") : null, size > 0 ? bytes(size) : null,
      refused.length > 0 ? `${plural(refused.length, "file or clip", "files or clips")} not used` : null, this.#isSent ? "on the server" : null,
    ].filter(Boolean).join(" · ");
    const missing = this.#isSent ? [] : this.#missing();
    this.again.hidden = missing.length === 0;
    const which = missing.length === 1 ? missing[0] : `the ${plural(missing.length, "file")}`;
    this.again.textContent = `Choose ${which} again: not yet sent, and a page cannot open files by itself.`;
    this.problem.hidden = problem === null || !isKnown;
    this.problem.textContent = problem ?? "";
    replace(this.clips, clips.map(({ name, parts, note }) => h("li", {},
      h("strong", {}, name),
      h("span", { class: "parts" }, Object.entries(PARTS).filter(([part]) => parts[part]).map(([part, text]) =>
        h("span", { class: "part" }, h("span", { class: "help" }, text), ` ${leaf(parts[part].name)}`))),
      note ? h("span", { class: "help" }, note) : null)));
    replace(this.unused, refused.map(({ name, reason }) => h("li", {}, h("strong", {}, name), h("span", { class: "why" }, reason))));
    this.unusedPanel.hidden = refused.length === 0;
  }

  #say(text) {
    this.error.textContent = text;
    this.error.hidden = false;
  }

  #dropTarget() {
    const dragging = (event, over) => {
      event.preventDefault();
      event.currentTarget.classList.toggle("dragging", over);
    };
    return {
      ondragover: (event) => dragging(event, true),
      ondragleave: (event) => dragging(event, false),
      ondrop: (event) => {
        dragging(event, false);
        // Asked for at once: after the event there is nothing left to ask.
        const entries = [...event.dataTransfer.items].map((item) => item.webkitGetAsEntry?.()).filter(Boolean);
        const loose = [...event.dataTransfer.files].map((file) => ({ name: file.name, file }));
        if (entries.some(({ isDirectory }) => isDirectory)) this.#addEntries(entries);
        else if (loose.length > 0) this.add(loose);
      },
    };
  }

  /** Files of dropped folders, by their names from there on. */
  async #addEntries(entries) {
    try {
      await this.add((await Promise.all(entries.map((entry) => filesOf(entry, "")))).flat());
    } catch (error) {
      this.#say(error.message);
    }
  }
}

async function filesOf(entry, folder) {
  const name = folder + entry.name;
  if (entry.isFile) return [{ name, file: await new Promise((resolve, reject) => entry.file(resolve, reject)) }];
  const reader = entry.createReader();
  const found = [];
  // A folder tells a hundred of its files at a time.
  for (let some; (some = await new Promise((resolve, reject) => reader.readEntries(resolve, reject))).length > 0; ) found.push(...some);
  return (await Promise.all(found.map((inner) => filesOf(inner, `${name}/`)))).flat();
}

/** What the server would say of a caption's text. */
async function captionOf(file) {
  if (file.size > LONGEST_CAPTION) return { problem: `The caption has ${file.size} bytes, and at most ${LONGEST_CAPTION} are read.` };
  try {
    return { isEmpty: new TextDecoder("utf-8", { fatal: true }).decode(await file.arrayBuffer()).trim() === "" };
  } catch (error) {
    return { problem: error instanceof TypeError ? "The caption is not text in UTF-8." : "The caption cannot be read." };
  }
}

const leaf = (name) => name.slice(name.lastIndexOf("/") + 1);
