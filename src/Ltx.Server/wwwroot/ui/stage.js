// The source on screen with the drawing over it: frame, transport, timeline. The drawing's tools are in tools.js.

import { clock, h, icon, plural, replace, svg } from "./dom.js";
import { MarkEditor } from "./marks/editor.js";
import { Player } from "./player.js";

/** Events: "time" (another frame is shown). */
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
    this.surface = h("div", { class: "surface", tabindex: 0, role: "group", "aria-label": "Drawing area", "aria-describedby": "drawing-help" }, this.video, this.canvas, this.overlay, this.beyond);
    this.player = new Player(this.video);
    this.editor = new MarkEditor(this.surface, this.canvas, this.overlay);
    this.editor.addEventListener("grab", () => this.player.pause());
    this.player.addEventListener("change", () => this.#show());

    const button = (name, text, onclick) => h("button", { type: "button", class: "quiet icon-only", "aria-label": text, title: text, onclick }, icon(name));
    this.playButton = button("play", "Play", () => this.player.toggle());
    this.backButton = button("back", "Previous frame (comma)", () => this.player.step(-1));
    this.forwardButton = button("forward", "Next frame (full stop)", () => this.player.step(1));
    this.soundButton = button("mute", "Sound on", () => this.#toggleSound());
    this.scrub = h("input", { type: "range", min: 0, max: 0, step: 1, value: 0, class: "scrub", "aria-label": "Position", oninput: () => {
      this.player.pause();
      this.player.seek(Number(this.scrub.value));
    } });
    this.ticks = svg("svg", { class: "ticks", "aria-hidden": "true" });
    this.readout = h("output", { class: "readout" });
    this.coverage = h("p", { class: "coverage" });
    this.transport = h("div", { class: "transport" },
      h("div", { class: "transport-buttons" }, this.backButton, this.playButton, this.forwardButton, this.soundButton),
      h("div", { class: "timeline" }, this.scrub, this.ticks),
      this.readout);
    this.element = h("div", { class: "stage-body" }, h("div", { class: "well" }, this.surface), this.transport, this.coverage);
  }

  /** Shows a source. `address` is what the browser plays, `source` what is known of it (video.js). */
  load(address, source, times, tail) {
    this.source = source;
    this.surface.style.aspectRatio = `${source.width} / ${source.height}`;
    this.surface.style.setProperty("--ratio", source.width / source.height);
    this.surface.setAttribute("aria-label", `Drawing area, ${source.width} by ${source.height} pixels`);
    this.editor.setSize(source.width, source.height);
    this.player.load(address, times, tail);
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

  /** Marks the selected shape's keys on the timeline. */
  showKeys(shape) {
    const count = this.player.times.length;
    const parts = [];
    if (count > this.coveredFrames && this.coveredFrames > 0) {
      const from = (100 * (this.coveredFrames - 0.5)) / (count - 1);
      parts.push(svg("rect", { x: `${from}%`, y: 0, width: `${100 - from}%`, height: "100%", class: "uncovered" }));
    }
    for (const key of shape?.keys ?? []) {
      const index = this.player.times.findIndex((time) => time >= key.time - 1e-6);
      const at = count > 1 ? (100 * (index < 0 ? count - 1 : index)) / (count - 1) : 0;
      parts.push(svg("svg", { x: `${at}%`, y: "50%", overflow: "visible" }, svg("path", { d: "M0 -5L5 0L0 5L-5 0Z", class: "key" })));
    }
    replace(this.ticks, parts);
  }

  /** Keys that work wherever the focus is on the stage. */
  handleKey(event) {
    if (event.key === " ") this.player.toggle();
    else if (event.key === ",") this.player.step(-1);
    else if (event.key === ".") this.player.step(1);
    else if (event.key === "Home") this.player.seek(0);
    else if (event.key === "End") this.player.seek(this.coveredFrames - 1);
    else return false;
    event.preventDefault();
    return true;
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
    this.scrub.max = player.times.length - 1;
    this.scrub.value = player.index;
    this.scrub.setAttribute("aria-valuetext", `Frame ${player.index + 1} of ${player.times.length}, ${player.time.toFixed(3)} seconds`);
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
