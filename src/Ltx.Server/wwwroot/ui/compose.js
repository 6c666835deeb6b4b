// The workplace: source, marks, request, and the way from there into the queue.

import { ApiError, ENDPOINT, makePreview, ownPath, submit } from "./api.js";
import { codePanel } from "./code.js";
import { announce, bytes, newId, plural } from "./dom.js";
import { RequestForm } from "./form.js";
import { proposal } from "./frames.js";
import { currentKey } from "./key.js";
import { maskAddress } from "./mask.js";
import { MaskFileView } from "./maskfile.js";
import { FieldProblem, fieldOf, problem } from "./problems.js";
import { withoutDefaults } from "./schema.js";
import { Stage, coverageText } from "./stage.js";
import { keepAtOnce, loadTabDraft, saveDraft, startNewDraft, useDraft } from "./store.js";
import { NO_MARKS, Tools } from "./tools.js";
import { upload } from "./upload.js";
import { SourceVideo, canShow } from "./video.js";
import { buildWorkplace } from "./workplace.js";

/** Changes are kept once the hand has rested so long, in milliseconds. */
const SAVE_AFTER = 300;

/** Frames in one mask that the server takes (docs/marks.md). */
const MOST_MASK_FRAMES = 32768;

export const emptyDraft = (id) => ({ id, source: null, marks: NO_MARKS, maskMode: "draw", mask: null, form: {}, requestId: null });

/** Events: "source": a video is chosen. */
export class Compose extends EventTarget {
  #draft = emptyDraft("");
  #files = { source: null, mask: null };
  #source = null;
  #address = null;
  /** The source that is being opened or is open; aborted when another takes its place. */
  #opening = new AbortController();
  #saving = null;
  #covering = Promise.resolve();
  #sending = null;
  #frames = { times: [0], tail: 0.04 };
  #isPreview = false;

  constructor(schema) {
    super();
    this.schema = schema;
    this.form = new RequestForm(schema);
    this.stage = new Stage();
    this.tools = new Tools(this.stage);
    this.maskView = new MaskFileView(this.stage);
    this.code = codePanel(() => ({ endpoint: ENDPOINT, input: this.input(), origin: location.origin, hasKey: currentKey() !== null }));
    this.view = buildWorkplace(this, {
      source: (file) => this.choose(file),
      mask: (file) => this.#chooseMask(file),
      drop: (file) => (this.#draft.maskMode === "file" && this.#source !== null ? this.#chooseMask(file) : this.choose(file)),
      mode: (mode) => this.#changeMode(mode),
      whole: () => this.#cover(),
      key: (event) => {
        if (!(this.#draft.maskMode === "draw" && this.tools.handleKey(event))) this.stage.handleKey(event);
      },
      send: () => this.send(),
      stop: () => this.#sending?.abort(),
    });
    const { choose, errors, maskFilePanel } = this.view;
    this.form.register("video_url", errors.source, () => (choose.offsetParent ? choose : this.stage.surface).focus());
    this.form.register("mask_video_url", errors.mask, () => (this.#draft.maskMode === "draw" ? this.stage.surface : maskFilePanel.firstChild).focus());
    this.form.addEventListener("change", () => {
      this.#cover();
      this.#changed();
    });
    this.tools.addEventListener("change", () => {
      this.#clearError("mask");
      // Another drawing is another mask.
      if (this.#draft.maskMode === "draw") this.#draft.mask = null;
      this.#changed();
    });
    addEventListener("pagehide", () => {
      if (this.#isKept) keepAtOnce(this.#draft);
      this.#save();
    });
    addEventListener("beforeunload", (event) => {
      if (this.#sending !== null) event.preventDefault();
    });
  }

  /** The input as it stands; addresses that are not there yet are named, not left out. */
  input() {
    const { source, mask } = this.#draft;
    const values = { ...this.form.values(), video_url: source?.url ?? `${location.origin}/files/…/${source?.name ?? "source.mp4"}`, mask_video_url: mask?.url ?? `${location.origin}/files/…/mask.mp4` };
    return withoutDefaults(this.schema, values);
  }

  get element() {
    return this.view.element;
  }

  get isEmpty() {
    return this.#draft.source === null;
  }

  /** The draft has become a request. */
  get wasSent() {
    return this.#draft.requestId !== null;
  }

  /** Begins anew. */
  async reset() {
    await this.open(emptyDraft(startNewDraft()));
  }

  /** Begins with nothing, and goes on with this tab's draft once the browser gives it. */
  async restore() {
    this.open(emptyDraft(newId()));
    await this.replaceWhen(loadTabDraft().then((draft) => (draft?.requestId ? null : draft)));
  }

  /**
   * Shows another draft in place of the one that is there when it comes, unless something was begun by then: what this browser keeps may come late,
   * or never. Null: there is none. Returns whether it did.
   */
  async replaceWhen(coming) {
    const before = this.#content();
    const better = await coming;
    if (!better || this.#content() !== before) return false;
    await this.open(better);
    return true;
  }

  /** Shows a draft. Its source comes from the server where it was uploaded; else the file is asked for again. `isNew`: values are proposed that fit it. */
  async open(draft, isNew = false) {
    const turn = this.#begin();
    this.#closeSource();
    this.#files = { source: null, mask: null };
    this.#draft = draft;
    this.form.set(draft.form);
    this.tools.load(draft.marks);
    this.#setMode(draft.maskMode);
    this.#showSourceState();
    const path = draft.source?.url ? ownPath(draft.source.url) : null;
    if (path !== null) await this.#openSource(path, turn, isNew);
    if (turn === this.#opening && draft.maskMode === "file" && draft.mask?.url) await this.#showMaskFile(draft.mask.url, draft.mask.type);
    this.code.refresh();
  }

  /** A video chosen by hand. The same file again goes on with the marks that are there. */
  async choose(file) {
    this.dispatchEvent(new Event("source"));
    const turn = this.#begin();
    const { source } = this.#draft;
    const isSame = source !== null && source.name === file.name && source.size === file.size;
    this.#closeSource();
    this.#clearError("source");
    this.#files.source = file;
    if (!isSame) {
      if (this.#draft.requestId !== null || source !== null) this.#draft = { ...this.#draft, id: startNewDraft(), requestId: null };
      this.#draft = { ...this.#draft, marks: NO_MARKS, mask: null, maskMode: "draw" };
      this.tools.load(NO_MARKS);
      this.#files.mask = null;
      this.#setMode("draw");
    }
    this.#draft = { ...this.#draft, source: { name: file.name, size: file.size, type: file.type, url: isSame ? source.url : null } };
    useDraft(this.#draft.id);
    this.#showSourceState();
    await this.#openSource(file, turn, !isSame);
  }

  /** Goes on with a video that lies on the server: a result as the next source. */
  async chooseAddress(url, name) {
    await this.open({ ...emptyDraft(startNewDraft()), form: this.form.values(), source: { name, size: null, type: "video/mp4", url } }, true);
  }

  /** One more LoRA, unless it is there. */
  addLora(path) {
    const { loras = [] } = this.form.values();
    if (!loras.some((lora) => lora.path === path)) {
      if (loras.length >= (this.schema.field("loras").maxItems ?? Infinity)) {
        this.form.showProblem(`The request has ${plural(loras.length, "LoRA")} already. Remove one and add the new one by its address: ${path}`);
        return;
      }
      this.form.patch({ loras: [...loras, { path }] });
      this.#changed();
    }
    announce("The LoRA is in the request.");
  }

  showErrors(details) {
    this.form.showErrors(details);
  }

  focus() {
    (this.#source === null ? this.view.choose : this.stage.surface).focus();
  }

  // --- the source --------------------------------------------------------------------------------------------------------------

  /** Ends what was going on with the source before. */
  #begin() {
    this.#sending?.abort();
    this.#opening.abort();
    return (this.#opening = new AbortController());
  }

  async #openSource(from, turn, isNew) {
    this.#note("Reading the video…");
    let source = null;
    try {
      source = await SourceVideo.open(from);
    } catch {
      // A container that is not known here: the server may know it.
    }
    if (turn !== this.#opening) return source?.close();
    let address = from instanceof Blob ? (this.#address = URL.createObjectURL(from)) : from;
    if (source === null || source.isMisread || !(await canShow(address))) {
      if (turn !== this.#opening) return source?.close();
      try {
        ({ source, address } = await this.#preview(source, turn.signal));
      } catch (error) {
        source?.close();
        if (turn === this.#opening) this.#error("source", problem(error, "This browser cannot show the video, and the server cannot either: "));
        return;
      }
    }
    const { rate } = await source.rate();
    if (turn !== this.#opening) return source.close();
    this.#source = source;
    this.#showSourceState();
    this.stage.load(address, source, [0], 0.04);
    // At once: what is written after the source has come into sight stands.
    if (isNew) this.form.patch(proposal(rate, source.duration, this.schema.field("frames_per_second"), this.schema.field("num_frames")));
    await this.#cover();
    if (turn !== this.#opening) return;
    this.#changed();
    announce(`${this.#draft.source.name}: ${source.width} by ${source.height} pixels.`);
  }

  /** What this browser cannot decode is shown as the server's preview of it. The times are the source's own where the container tells them. */
  async #preview(source, signal) {
    const url = await this.#uploadSource((text, share) => this.#note(`This browser cannot show the video as it is. ${text}${share === null ? "" : ` ${Math.round(share * 100)} %`}`), signal);
    this.#note("This browser cannot show the video as it is; the server makes a preview of it…");
    const preview = await makePreview(url, signal);
    const address = ownPath(preview.url);
    if (address === null) throw new Error("The preview lies on another server.");
    this.#isPreview = true;
    return { source: source ?? SourceVideo.ofPreview(preview), address };
  }

  /** Looks up which frames of the source the request covers. Calls wait for each other, and only the last one counts. */
  #cover() {
    const source = this.#source;
    if (source === null) return Promise.resolve();
    this.#covering = this.#covering.then(async () => {
      const { num_frames: count, frames_per_second: fps } = this.form.values();
      const asked = typeof count === "number" && typeof fps === "number" && count > 0 && fps > 0 ? count / fps : null;
      if (asked === null || source !== this.#source) return;
      const covered = Math.min(asked, source.duration ?? asked);
      const inside = await source.times(asked);
      const all = this.view.whole.checked ? await source.times(Infinity) : inside;
      if (source !== this.#source) return;
      const end = this.view.whole.checked ? (source.duration ?? all.at(-1) + 1 / fps) : covered;
      const tail = Math.max(end - all.at(-1), 0.001);
      this.#frames = { times: inside, tail: Math.max(covered - inside.at(-1), 0.001) };
      this.view.wholeField.hidden = source.duration !== null && covered >= source.duration - 1e-3;
      const frames = Math.min(count, Math.max(Math.round(covered * fps), 1));
      this.stage.setCoverage({
        times: all, tail, covered, coveredFrames: inside.length,
        text: coverageText({ covered, duration: source.duration, frames, fps, sourceFrames: inside.length }),
      });
    }).catch((error) => {
      // One that was closed meanwhile is nobody's concern; and whatever happened, the next call must come to its turn.
      if (source === this.#source) this.#error("source", `The video cannot be read any further: ${error.message}`);
    });
    return this.#covering;
  }

  #closeSource() {
    this.#source?.close();
    if (this.#address !== null) URL.revokeObjectURL(this.#address);
    this.#source = this.#address = null;
    this.#isPreview = false;
    this.maskView.clear();
    this.stage.video.removeAttribute("src");
    this.stage.video.load();
  }

  // --- the mask ----------------------------------------------------------------------------------------------------------------

  #changeMode(mode) {
    if (mode === this.#draft.maskMode) return;
    this.#draft.mask = null;
    this.#files.mask = null;
    this.#setMode(mode);
    this.#changed();
  }

  #setMode(mode) {
    this.#draft.maskMode = mode;
    this.tools.active = mode === "draw";
    for (const [name, button] of this.view.modeButtons) button.setAttribute("aria-pressed", String(name === mode));
    this.tools.toolbar.hidden = this.tools.panel.hidden = mode !== "draw";
    this.view.maskFilePanel.hidden = mode !== "file";
    this.maskView.clear();
    this.tools.update();
    this.stage.editor.setSize(...Object.values(this.stage.editor.size));
    this.stage.editor.draw();
    this.#showMaskFileState();
  }

  async #chooseMask(file) {
    this.#files.mask = file;
    this.#draft.mask = { name: file.name, size: file.size, type: file.type, url: null };
    this.#clearError("mask");
    await this.#showMaskFile(file, file.type);
    this.#changed();
  }

  async #showMaskFile(from, type) {
    const shown = await this.maskView.show(from, type);
    this.#showMaskFileState(shown ? "" : " This browser cannot show it; it is sent as it is.");
  }

  #showMaskFileState(note = "") {
    const { mask } = this.#draft;
    const has = mask !== null && this.#draft.maskMode === "file";
    this.view.maskFileText.textContent = has
      ? `${mask.name}${mask.size ? ` (${bytes(mask.size)})` : ""}${this.#files.mask === null && !mask.url ? " – choose it again, it was not yet sent" : ""}.${note}`
      : "A video or a picture: white is made anew, black stays. It is stretched to the source's size.";
  }

  /** The mask's address, made and sent where that was not done. */
  async #sendMask(say, signal) {
    const draft = this.#draft;
    if (draft.mask?.url) return draft.mask.url;
    if (draft.maskMode === "file") {
      const url = await upload(this.#files.mask, { signal, progress: (share) => say("Sending the mask", share) });
      draft.mask = { ...draft.mask, url };
      return url;
    }
    const { times, tail } = this.#frames;
    const { width, height, ticks } = this.#source;
    const url = await maskAddress({ width, height, times, marks: draft.marks }, { ticks, tail }, { say, signal });
    draft.mask = { name: "mask.mp4", size: null, type: "video/mp4", url, covers: [times.length, times.at(-1)] };
    return url;
  }

  // --- sending -----------------------------------------------------------------------------------------------------------------

  /** What a person has made, to tell whether something was changed since. */
  #content() {
    const { id, source, maskMode, mask } = this.#draft;
    return JSON.stringify([id, source?.name, maskMode, mask?.name, this.tools.marks, this.form.values()]);
  }

  /** What is missing before anything is worth sending. */
  #check() {
    const { source, mask, maskMode, marks } = this.#draft;
    if (!source?.url && this.#files.source === null) throw new FieldProblem("video_url", source === null ? "Choose the video first." : `Choose ${source.name} again: it was not yet sent to the server.`);
    if (mask?.url) return;
    if (maskMode === "file" && this.#files.mask === null) throw new FieldProblem("mask_video_url", "Choose the mask file.");
    if (maskMode === "draw" && marks.shapes.length === 0 && !marks.invert) throw new FieldProblem("mask_video_url", "Mark what should be made anew first.");
    if (maskMode === "draw" && this.#source === null) throw new FieldProblem("video_url", "The video cannot be shown, so nothing can be drawn over it. Choose another video.");
    const count = this.#frames.times.length;
    if (maskMode === "draw" && count > MOST_MASK_FRAMES) throw new FieldProblem("mask_video_url", `The request covers ${plural(count, "frame")} of the source; a drawing can have ${plural(MOST_MASK_FRAMES, "frame")}. Ask for fewer frames or a higher rate.`);
  }

  async #uploadSource(say, signal) {
    const { source } = this.#draft;
    if (source.url) return source.url;
    const url = await upload(this.#files.source, { signal, progress: (share) => say("Sending the source", share) });
    // An address that comes too late belongs to the video that was here before.
    if (this.#draft.source === source) {
      this.#draft.source = { ...source, url };
      this.#changed();
    }
    return url;
  }

  async send() {
    if (this.#sending !== null) return;
    const stop = new AbortController();
    this.#sending = stop;
    this.form.clearErrors();
    this.#showSending(true);
    const say = (text, share) => {
      this.view.sendText.textContent = share === null ? text : `${text}: ${Math.round(share * 100)} %`;
      if (share === null) this.view.sendBar.removeAttribute("value");
      else this.view.sendBar.value = share;
    };
    try {
      // The frames of a mask that was made for another part of the source are not this request's.
      await this.#covering;
      const { mask } = this.#draft;
      const { times } = this.#frames;
      if (mask?.covers && (mask.covers[0] !== times.length || mask.covers[1] !== times.at(-1))) this.#draft.mask = null;
      this.#draft.form = this.form.values();
      this.#check();
      this.#save();
      say("Sending the source", 0);
      const video_url = await this.#uploadSource(say, stop.signal);
      const mask_video_url = await this.#sendMask(say, stop.signal);
      stop.signal.throwIfAborted();
      const draft = this.#draft;
      this.#save();
      say("Asking the server", null);
      const { request_id: id } = await submit(withoutDefaults(this.schema, { ...this.form.values(), video_url, mask_video_url }));
      draft.requestId = id;
      saveDraft(structuredClone(draft));
      this.#sending = null;
      // Who went on to another draft meanwhile is left there; the list leads to the request.
      if (draft === this.#draft) location.hash = `#/requests/${id}`;
    } catch (error) {
      // First, because what cannot be used cannot be focused.
      this.#showSending(false);
      if (error.name === "AbortError") {
        announce("Stopped.");
        this.view.sendButton.focus();
      } else if (error instanceof FieldProblem) this.form.showErrors([{ loc: ["body", error.field], msg: error.message }], "Something is missing.");
      else if (error instanceof ApiError && error.details.length > 0) this.form.showErrors(error.details.map((d) => ({ ...d, loc: fieldOf(d.loc) })));
      else this.form.showProblem(error.message);
    } finally {
      this.#sending = null;
      this.#showSending(false);
      this.code.refresh();
    }
  }

  #showSending(busy) {
    this.view.sendButton.hidden = busy;
    this.view.progressRow.hidden = !busy;
    this.element.setAttribute("aria-busy", String(busy));
    // What is being sent is not changed under way; "Stop" comes first.
    this.view.stagePanel.inert = busy;
    if (busy) this.view.stopButton.focus();
  }

  // --- keeping -----------------------------------------------------------------------------------------------------------------

  #changed() {
    useDraft(this.#draft.id);
    this.#draft.marks = this.tools.marks;
    this.#draft.form = this.form.values();
    clearTimeout(this.#saving);
    this.#saving = setTimeout(() => this.#save(), SAVE_AFTER);
    this.code.refresh();
  }

  /** Nobody waits for it: a browser may not keep anything, or not answer. */
  #save() {
    clearTimeout(this.#saving);
    if (this.#isKept) saveDraft(structuredClone(this.#draft));
  }

  get #isKept() {
    return this.#draft.source !== null || Boolean(this.#draft.form.prompt) || this.#draft.form.loras?.length > 0;
  }

  // --- what is shown -----------------------------------------------------------------------------------------------------------

  #showSourceState() {
    const { view } = this;
    const { source } = this.#draft;
    const isOpen = this.#source !== null;
    view.work.hidden = !isOpen;
    view.empty.hidden = isOpen;
    view.noteText.hidden = true;
    view.previewNote.hidden = !this.#isPreview;
    const missing = source !== null && !isOpen;
    const size = source?.size ? ` (${bytes(source.size)})` : "";
    [view.emptyTitle.textContent, view.emptyText.textContent] =
      missing && !source.url ? [`Choose ${source.name} again`, `Your marks and the request are kept. The file${size} had not been sent, and a page cannot open it by itself.`]
      : missing && ownPath(source.url) === null ? ["The video lies on another server", "This page may not show it, so nothing can be drawn over it. The request can be sent with it as it stands; or drop another video here."]
      : ["Drop a video here", "MP4, MOV, MKV or WebM. It is sent to the server with the request, or at once if this browser cannot show it."];
    view.sourceName.textContent = source === null ? "" : source.name;
    if (isOpen) view.sourceName.textContent += ` · ${this.#source.width} × ${this.#source.height}`;
  }

  #note(text) {
    this.view.noteText.hidden = false;
    this.view.noteText.textContent = text;
    this.view.empty.hidden = true;
  }

  #error(place, text) {
    this.view.errors[place].textContent = text;
    this.view.errors[place].hidden = false;
    this.view.noteText.hidden = true;
    this.view.empty.hidden = this.#source !== null;
  }

  #clearError(place) {
    this.view.errors[place].hidden = true;
    this.view.errors[place].textContent = "";
  }
}
