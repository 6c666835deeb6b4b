// What is done with the selected marks in time: they follow their subject, get keyframes by hand, appear and end.

import { announce, h, icon, plural } from "./dom.js";
import { hasKeyAt, isUnsure, withoutKey } from "./marks/geometry.js";
import { replaced } from "./marks/editor.js";
import { followed } from "./track/following.js";
import { MOST_HIDDEN } from "./track/tracker.js";

export class Keyframes {
  #stop = null;

  constructor(tools) {
    this.tools = tools;
    const { editor, stage } = tools;
    const small = (name, text, onclick) => h("button", { type: "button", class: "quiet icon-only", title: text, "aria-label": text, onclick },
      icon(name));
    this.trackButton = h("button", {
      type: "button", class: "primary small", "aria-keyshortcuts": "t",
        title: "The mark follows what it lies on, through all frames of the request (T)",
      onclick: () => this.track(),
    }, icon("track"), "Follow the subject");
    this.trackBack = small("back", "Follow backwards from here", () => this.track([-1]));
    this.trackForward = small("forward", "Follow forwards from here", () => this.track([1]));
    this.stopButton = h("button", { type: "button", class: "quiet small", hidden: true, onclick: () => this.stop() }, "Stop");
    this.note = h("p", { class: "track-note", role: "status", hidden: true });
    this.back = small("keyBack", "Previous keyframe", () => this.#to(-1));
    this.toggleButton = h("button", { type: "button", class: "quiet small", "aria-keyshortcuts": "k", onclick: () => this.toggle() }, icon("key"),
      h("span", {}));
    this.forward = small("keyForward", "Next keyframe", () => this.#to(1));
    this.wholePath = h("input", { type: "checkbox", onchange: () => (editor.wholePath = this.wholePath.checked) });
    this.erases = h("input", { type: "checkbox", onchange: () => this.#change({ erase: this.erases.checked || undefined }) });
    this.startButton = h("button", { type: "button", class: "quiet small", onclick: () => this.#bound("from") });
    this.endButton = h("button", { type: "button", class: "quiet small", onclick: () => this.#bound("to") });
    this.rows = h("div", { class: "key-row" },
      h("div", { class: "row", role: "group", "aria-label": "Follow the subject" }, this.trackBack, this.trackButton, this.trackForward),
      h("div", { class: "row", role: "group", "aria-label": "Keyframes of the selected mark" }, this.back, this.toggleButton, this.forward),
      h("div", { class: "row" }, this.startButton, this.endButton),
      h("label", { class: "check", title: "Off: an edit sets a keyframe at this frame. On: it changes the mark at every time." }, this.wholePath,
        "Edit all keyframes together"),
      h("label", { class: "check" }, this.erases, "Erases"));
    this.element = h("div", { class: "keyframes", hidden: true }, this.rows, h("div", { class: "row" }, this.note, this.stopButton));
    editor.addEventListener("grab", () => (this.note.hidden = true));
    stage.element.addEventListener("pointerdown", (event) => this.isTracking && event.stopPropagation(), { capture: true });
  }

  get isTracking() {
    return this.#stop !== null;
  }

  stop() {
    this.#stop?.abort();
  }

  /** The selected marks follow their subject: from the frame on screen to both ends of the request, or one of them. */
  async track(directions = [1, -1]) {
    const { tools } = this;
    const { editor, stage } = tools;
    if (this.isTracking || editor.shapes.length === 0 || stage.isBeyond) return;
    const [start, stop] = [stage.player.index, new AbortController()];
    this.#stop = stop;
    this.#lock(true);
    const marks = tools.marks;
    let shapes = editor.shapes;
    const ends = [];
    try {
      for (const direction of directions) {
        if (direction > 0 ? start >= stage.coveredFrames - 1 : start === 0) continue;
        await stage.player.show(start);
        const result = await followed(shapes, stage, direction, { signal: stop.signal, show: (now, count) => {
          if (stop.signal.aborted) return;
          editor.marks = now.reduce(replaced, marks);
          editor.draw();
          this.#say(`Following ${direction > 0 ? "forwards" : "backwards"}: ${plural(count, "frame")}`, true);
        } });
        shapes = result.shapes;
        ends.push({ direction, ...result });
        if (result.why === "stopped") break;
      }
    } finally {
      this.#stop = null;
      this.#lock(false);
    }
    // Another drawing has taken this one's place.
    if (tools.marks !== marks) return;
    tools.commit(shapes.reduce(replaced, marks));
    const broken = ends.find(({ why }) => why !== "end");
    const { player } = stage;
    await player.show(["lost", "cut"].includes(broken?.why) ? Math.min(Math.max(broken.index, 0), player.times.length - 1) : start);
    this.#say(ends.length === 0 ? "There is no frame that way." : ends.map((end) => this.#sentence(end)).join(" "), false);
  }

  /** A keyframe of the selected marks at this frame, or none any more. */
  toggle() {
    const { tools } = this;
    const { editor } = tools;
    const { shapes, time } = editor;
    if (shapes.length === 0) return;
    const had = shapes.every((shape) => hasKeyAt(shape, time));
    if (had) tools.commit(shapes.map((shape) => withoutKey(shape, time)).reduce(replaced, tools.marks));
    else editor.setKey();
    announce(had ? "Keyframe removed." : `Keyframe set at ${time.toFixed(3)} seconds.`);
  }

  update() {
    const { shapes, time, wholePath } = this.tools.editor;
    this.element.hidden = shapes.length === 0;
    if (shapes.length === 0) return;
    const [shape] = shapes;
    const has = shapes.every((one) => hasKeyAt(one, time));
    const isOnly = has && shapes.every((one) => one.keys.length === 1);
    this.toggleButton.lastChild.textContent = isOnly ? "Keyframe at this frame" : has ? "Remove the keyframe here" : "Set a keyframe here";
    this.toggleButton.disabled = isOnly;
    this.toggleButton.classList.toggle("on", has);
    const times = shapes.flatMap(({ keys }) => keys.map((key) => key.time));
    this.back.disabled = !times.some((at) => at < time - 1e-6);
    this.forward.disabled = !times.some((at) => at > time + 1e-6);
    this.wholePath.checked = wholePath;
    this.wholePath.closest("label").hidden = shapes.every(({ keys }) => keys.length < 2);
    this.erases.checked = shape.erase ?? false;
    this.erases.closest("label").hidden = shapes.some(({ type }) => type === "brush");
    const bound = (side) => shape[side] ?? null;
    this.startButton.textContent = bound("from") === null ? "Appears here" : `Appears at ${bound("from").toFixed(2)} s ×`;
    this.endButton.textContent = bound("to") === null ? "Ends before this frame" : `Ends at ${bound("to").toFixed(2)} s ×`;
    this.startButton.setAttribute("aria-pressed", String(bound("from") !== null));
    this.endButton.setAttribute("aria-pressed", String(bound("to") !== null));
    if (!this.isTracking && shapes.some((one) => isUnsure(one,
      time))) this.#say("The subject is hidden here: the mark is carried on by its motion. Move it if it is wrong.", false);
    else if (!this.isTracking && this.note.textContent.startsWith("The subject is hidden here")) this.note.hidden = true;
  }

  #sentence({ direction, why, index }) {
    const frame = `frame ${index + 1}`;
    switch (why) {
      case "end":
        return direction > 0 ? "Followed to the last frame." : "Followed back to the first frame.";
      case "cut":
        return `${direction > 0 ? "Followed up to" : "Followed back to"} a cut at ${frame}.`;
      case "lost":
        return `Lost at ${frame}: the subject is hidden for more than ${MOST_HIDDEN} frames, leaves the picture or looks different. `
          + "Move the mark onto it where it is seen again, and follow on from there.";
      case "plain":
        return "There is too little in the mark to hold on to. Make it larger, or put it where there are edges.";
      default:
        return `Stopped at ${frame}.`;
    }
  }

  #say(text, isRunning) {
    this.note.hidden = false;
    this.note.textContent = text;
    this.stopButton.hidden = !isRunning;
  }

  #lock(isLocked) {
    const { tools } = this;
    tools.editor.locked = isLocked;
    for (const element of [tools.toolbar, tools.list.element, this.rows, tools.stage.transport]) element.inert = isLocked;
    this.stopButton.hidden = !isLocked;
    if (isLocked) this.stopButton.focus();
    else tools.stage.surface.focus({ preventScroll: true });
  }

  #change(change) {
    const { tools } = this;
    tools.commit(tools.editor.shapes.map((shape) => ({ ...shape, ...change })).reduce(replaced, tools.marks));
  }

  /** The marks appear, or end, at the frame on screen; again takes the bound away. */
  #bound(side) {
    const { shapes, time } = this.tools.editor;
    this.#change({ [side]: (shapes[0][side] ?? null) === null ? time : null });
  }

  #to(by) {
    const { shapes, time } = this.tools.editor;
    const times = shapes.flatMap(({ keys }) => keys.map((key) => key.time)).sort((a, b) => a - b);
    const to = by > 0 ? times.find((t) => t > time + 1e-6) : times.findLast((t) => t < time - 1e-6);
    const { player } = this.tools.stage;
    const index = player.times.findIndex((t) => t >= to - 1e-6);
    player.pause();
    player.seek(index < 0 ? player.times.length - 1 : index);
  }
}
