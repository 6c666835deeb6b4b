// The source on screen with the drawing over it: frame, transport, timeline. The drawing's tools are in tools.js.

import { clock, h, icon, plural, replace, svg } from "./dom.js";
import { MarkEditor } from "./marks/editor.js";
import { Player } from "./player.js";
import { Timeline } from "./timeline.js";
import { Zoom } from "./zoom.js";

/** Events: "time": another frame is shown; "trim" (detail: how many frames the request shall have). Those of the timeline are passed on. */
export class Stage extends EventTarget {
  covered = 0;
  coveredFrames = 0;

  constructor() {
    super();
    this.video = h("video", { muted: true, playsinline: true, preload: "auto", tabindex: -1, "aria-hidden": "true" });
    this.video.muted = true;
    this.canvas = h("canvas", { class: "mask-canvas", "aria-hidden": "true" });
    this.overlay = svg("svg", { class: "overlay", "aria-hidden": "true", preserveAspectRatio: "none" });
    this.beyond = h("p", { class: "beyond", hidden: true }, "Beyond the request: this part of the source does not go into the result.");
    this.hint = h("p", { class: "hint-over", hidden: true }, "Drag over what should change");
    this.surface = h("div", { class: "surface", tabindex: 0, role: "group", "aria-label": "Drawing area", "aria-describedby": "drawing-help" },
      this.video, this.canvas, this.overlay, this.hint, this.beyond);
    this.well = h("div", { class: "well" }, this.surface);
    this.player = new Player(this.video);
    this.editor = new MarkEditor(this.surface, this.canvas, this.overlay);
    this.timeline = new Timeline(this.player);
    this.zoom = new Zoom(this.well, this.surface);
    this.editor.addEventListener("grab", () => this.player.pause());
    this.player.addEventListener("change", () => this.#show());
    for (const name of ["lane", "bounds"]) this.timeline.addEventListener(name,
      ({ detail }) => this.dispatchEvent(new CustomEvent(name, { detail })));

    const button = (name, text, onclick) => h("button", { type: "button", class: "quiet icon-only", "aria-label": text, title: text, onclick }, icon(name));
    this.playButton = button("play", "Play", () => this.player.toggle());
    this.backButton = button("back", "Previous frame (comma)", () => this.player.step(-1));
    this.forwardButton = button("forward", "Next frame (full stop)", () => this.player.step(1));
    this.loopButton = button("loop", "Loop", () => this.#toggleLoop());
    this.loopButton.setAttribute("aria-pressed", "false");
    this.soundButton = button("mute", "Sound on", () => this.#toggleSound());
    this.trimButton = h("button", {
      type: "button", class: "quiet small", title: "The request has the frames up to this one, and no more",
      onclick: () => this.dispatchEvent(new CustomEvent("trim", { detail: this.player.index + 1 })),
    }, "End here");
    this.readout = h("output", { class: "readout" });
    this.coverage = h("p", { class: "coverage" });
    this.transport = h("div", { class: "transport" },
      h("div", { class: "transport-buttons" }, this.backButton, this.playButton, this.forwardButton, this.loopButton, this.soundButton),
      this.readout, this.timeline.element);
    this.element = h("div", { class: "stage-body" }, this.well, this.transport,
      h("div", { class: "row between wrap" }, h("div", { class: "row wrap" }, this.coverage, this.trimButton), this.zoom.element));
  }

  /** Shows a source. `address` is what the browser plays, `source` what is known of it (video.js). */
  load(address, source, times, tail) {
    this.source = source;
    this.zoom.set(1);
    this.surface.style.aspectRatio = `${source.width} / ${source.height}`;
    this.surface.style.setProperty("--ratio", source.width / source.height);
    this.surface.setAttribute("aria-label", `Drawing area, ${source.width} by ${source.height} pixels`);
    this.editor.setSize(source.width, source.height);
    this.player.load(address, times, tail);
    this.timeline.load(address, source);
    this.soundButton.hidden = source.hasSound === false;
    this.#show();
  }

  /** What the request covers: so many frames, up to so many seconds; times beyond it can be looked at. */
  setCoverage({ times, tail, covered, coveredFrames, text }) {
    this.covered = covered;
    this.coveredFrames = coveredFrames;
    this.player.setTimes(times, tail);
    replace(this.coverage, text);
    this.#show();
  }

  /** Keys while the focus is on the stage. */
  handleKey(event) {
    const command = event.ctrlKey || event.metaKey || event.altKey;
    if (command) return false;
    if (event.key === " ") this.player.toggle();
    else if (event.key === ",") this.player.step(-1);
    else if (event.key === ".") this.player.step(1);
    else if (event.key === "Home") this.player.seek(0);
    else if (event.key === "End") this.player.seek(this.coveredFrames - 1);
    else if (event.key === "l") this.#toggleLoop();
    else if (!this.zoom.handleKey(event)) return false;
    event.preventDefault();
    return true;
  }

  #toggleLoop() {
    this.player.loops = !this.player.loops;
    this.loopButton.setAttribute("aria-pressed", String(this.player.loops));
  }

  #toggleSound() {
    this.video.muted = !this.video.muted;
    replace(this.soundButton, icon(this.video.muted ? "mute" : "sound"));
    this.soundButton.setAttribute("aria-label", this.video.muted ? "Sound on" : "Sound off");
    this.soundButton.title = this.soundButton.getAttribute("aria-label");
  }

  #show() {
    const { player, editor } = this;
    const isBeyond = this.coveredFrames > 0 && player.index >= this.coveredFrames;
    this.beyond.hidden = !isBeyond;
    this.isBeyond = isBeyond;
    this.trimButton.hidden = isBeyond || player.index < 8 || player.index + 1 >= this.coveredFrames || player.playing;
    this.timeline.show(this.coveredFrames, this.source?.duration ?? 0);
    replace(this.readout, h("span", { class: "time" }, clock(player.time)), h("span", { class: "frame" }, `frame ${player.index + 1} of ${player.times.length}`));
    if (this.playButton.dataset.playing !== String(player.playing)) {
      this.playButton.dataset.playing = String(player.playing);
      replace(this.playButton, icon(player.playing ? "pause" : "play"));
      this.playButton.setAttribute("aria-label", player.playing ? "Pause" : "Play");
      this.playButton.title = player.playing ? "Pause (space)" : "Play (space)";
    }
    editor.time = player.time;
    this.dispatchEvent(new Event("time"));
    editor.draw();
  }
}

/** "the first 25 frames": what a request covers, in words. */
export function coverageText({ covered, duration, frames, fps, sourceFrames }) {
  const whole = duration !== null && covered >= duration - 1e-3;
  return whole
    ? [h("strong", {}, "The request covers the whole source"), ` · ${clock(duration)} · ${plural(frames, "frame")} at ${fps} fps`]
    : [h("strong", {}, `The request covers the first ${clock(covered)}`), `${duration === null ? "" : ` of ${clock(duration)}`} · ${plural(frames, "frame")} at ${fps} fps · ${plural(sourceFrames, "frame")} of the source`];
}
