// Source and result in step under one slider: side by side along a line, the mask's outline, the difference. Everything is drawn into one
// canvas from hidden players that are held to the same moment.

import { announce, clock, h, icon, replace } from "./dom.js";

/** Two moments closer than this, in seconds, are shown as one: less than half a frame at 60 a second. */
const IN_STEP = 0.008;

/** How much the difference is brightened: what the eye would miss shows. */
const DIFFERENCE_GAIN = "brightness(4)";

export class Compare {
  #mode = "wipe";
  #share = 0.5;
  #outline = false;
  #raf = 0;
  #step;

  /** Addresses on this origin; source and mask may be null where they cannot be shown. `fps` is the result's rate. */
  constructor({ result, source, mask, maskIsPicture, fps }) {
    this.#step = 1 / fps;
    this.result = hidden(result, false);
    this.source = source === null ? null : hidden(source, true);
    this.mask = mask === null ? null : maskIsPicture ? picture(mask) : hidden(mask, true);
    this.canvas = h("canvas", { class: "compare-canvas", role: "img", "aria-label": source === null ? "The result" : "Source on the left of the line, result on the right" });
    this.scratch = document.createElement("canvas");
    this.#build();
    for (const media of [this.result, this.source, this.mask]) {
      if (media === null) continue;
      for (const name of ["loadeddata", "seeked", "load"]) media.addEventListener(name, () => this.#draw());
    }
    this.result.addEventListener("loadedmetadata", () => this.#sized());
    this.result.addEventListener("play", () => this.#playing(true));
    this.result.addEventListener("pause", () => this.#playing(false));
    this.result.addEventListener("ended", () => this.#playing(false));
  }

  close() {
    cancelAnimationFrame(this.#raf);
    for (const media of [this.result, this.source, this.mask]) {
      if (!(media instanceof HTMLVideoElement)) continue;
      media.pause();
      media.removeAttribute("src");
      media.load();
    }
  }

  #build() {
    const canCompare = this.source !== null;
    this.line = h("div", { class: "wipe-line", "aria-hidden": "true" }, h("span", {}));
    this.slider = h("input", { type: "range", min: 0, max: 100, step: 0.5, value: 50, class: "wipe", "aria-label": "Line between source and result", oninput: () => {
      this.#share = Number(this.slider.value) / 100;
      this.slider.setAttribute("aria-valuetext", `${Math.round(this.#share * 100)} % source`);
      this.#draw();
    } });
    const modes = [["wipe", "Before | after"], ["result", "Result"], ["source", "Source"], ["difference", "Difference"]];
    this.modeButtons = new Map(modes.map(([name, text]) => [name, h("button", { type: "button", onclick: () => this.#setMode(name) }, text)]));
    this.outlineButton = h("button", { type: "button", class: "quiet small", "aria-pressed": "false", onclick: () => {
      this.#outline = !this.#outline;
      this.outlineButton.setAttribute("aria-pressed", String(this.#outline));
      this.#draw();
    } }, "Mask outline");
    const button = (name, text, onclick) => h("button", { type: "button", class: "quiet icon-only", "aria-label": text, title: text, onclick }, icon(name));
    this.playButton = button("play", "Play", () => this.toggle());
    this.soundButton = button("sound", "Sound off", () => {
      this.result.muted = !this.result.muted;
      replace(this.soundButton, icon(this.result.muted ? "mute" : "sound"));
      this.soundButton.setAttribute("aria-label", this.result.muted ? "Sound on" : "Sound off");
    });
    this.scrub = h("input", { type: "range", min: 0, max: 0, step: 1, value: 0, class: "scrub", "aria-label": "Position", oninput: () => {
      this.result.pause();
      this.#seek(Number(this.scrub.value));
    } });
    this.readout = h("output", { class: "readout" });
    this.picture = h("div", { class: "compare-picture", onpointerdown: (event) => this.#grab(event) }, this.canvas, canCompare ? [this.line, this.labels()] : null);
    this.element = h("div", { class: "compare" },
      h("div", { class: "row between wrap" },
        canCompare ? h("div", { class: "segmented", role: "group", "aria-label": "View" }, [...this.modeButtons.values()]) : h("p", { class: "help" }, "The source cannot be shown here, only the result."),
        this.mask === null ? null : this.outlineButton),
      h("div", { class: "well" }, this.picture),
      canCompare ? this.slider : null,
      h("div", { class: "transport" },
        h("div", { class: "transport-buttons" },
          button("back", "Previous frame", () => this.#stepBy(-1)), this.playButton, button("forward", "Next frame", () => this.#stepBy(1)), this.soundButton),
        h("div", { class: "timeline" }, this.scrub), this.readout));
    this.#setMode(canCompare ? "wipe" : "result");
  }

  labels() {
    return [h("span", { class: "tag before" }, "Before"), h("span", { class: "tag after" }, "After")];
  }

  toggle() {
    if (this.result.paused) this.result.play().catch((error) => announce(error.message));
    else this.result.pause();
  }

  #setMode(mode) {
    this.#mode = mode;
    for (const [name, button] of this.modeButtons) button.setAttribute("aria-pressed", String(name === mode));
    this.picture.dataset.mode = mode;
    this.slider.hidden = mode !== "wipe";
    this.#draw();
  }

  #grab(event) {
    if (this.#mode !== "wipe" || this.source === null || event.button !== 0) return;
    const move = ({ clientX }) => {
      const box = this.picture.getBoundingClientRect();
      this.slider.value = Math.min(Math.max((100 * (clientX - box.left)) / box.width, 0), 100);
      this.slider.dispatchEvent(new Event("input"));
    };
    this.picture.setPointerCapture(event.pointerId);
    move(event);
    this.picture.onpointermove = move;
    this.picture.onpointerup = this.picture.onpointercancel = () => (this.picture.onpointermove = null);
  }

  get #frames() {
    return Math.max(Math.round(this.result.duration / this.#step), 1);
  }

  #sized() {
    const { videoWidth, videoHeight } = this.result;
    this.canvas.width = this.scratch.width = videoWidth;
    this.canvas.height = this.scratch.height = videoHeight;
    this.picture.style.aspectRatio = `${videoWidth} / ${videoHeight}`;
    this.element.style.setProperty("--ratio", videoWidth / videoHeight);
    this.scrub.max = this.#frames - 1;
    this.#seek(0);
  }

  #seek(frame) {
    // The middle of the frame: at its edge a rounded clock could show the one before.
    this.result.currentTime = (Math.min(Math.max(frame, 0), this.#frames - 1) + 0.5) * this.#step;
    this.#follow(true);
    this.#tell();
  }

  #stepBy(by) {
    this.result.pause();
    this.#seek(Math.floor(this.result.currentTime / this.#step + 1e-6) + by);
  }

  #playing(playing) {
    replace(this.playButton, icon(playing ? "pause" : "play"));
    this.playButton.setAttribute("aria-label", playing ? "Pause" : "Play");
    cancelAnimationFrame(this.#raf);
    for (const media of [this.source, this.mask]) {
      if (media instanceof HTMLVideoElement) playing ? media.play().catch(() => {}) : media.pause();
    }
    if (playing) {
      const next = () => {
        this.#follow(false);
        this.#draw();
        this.#tell();
        this.#raf = requestAnimationFrame(next);
      };
      next();
    } else if (this.result.readyState > 0) {
      this.#seek(Math.floor(this.result.currentTime / this.#step + 1e-6));
    }
  }

  /** Brings source and mask to the result's moment: exactly when it rests, by small changes of speed while it plays. */
  #follow(exactly) {
    const time = this.result.currentTime;
    for (const media of [this.source, this.mask]) {
      if (!(media instanceof HTMLVideoElement) || media.readyState === 0) continue;
      const target = Math.min(time, Math.max(media.duration - 0.005, 0));
      const behind = target - media.currentTime;
      if (exactly || Math.abs(behind) > 0.25) media.currentTime = target;
      else media.playbackRate = Math.abs(behind) < IN_STEP ? 1 : Math.min(Math.max(1 + behind * 2, 0.5), 2);
    }
  }

  #tell() {
    const frame = Math.min(Math.floor(this.result.currentTime / this.#step + 1e-6), this.#frames - 1);
    this.scrub.value = frame;
    this.scrub.setAttribute("aria-valuetext", `Frame ${frame + 1} of ${this.#frames}`);
    replace(this.readout, h("span", { class: "time" }, clock(this.result.currentTime - this.#step / 2)), h("span", { class: "frame" }, `frame ${frame + 1} of ${this.#frames}`));
  }

  #draw() {
    const { canvas, result, source } = this;
    if (result.readyState < 2 || canvas.width === 0) return;
    const context = canvas.getContext("2d");
    const { width, height } = canvas;
    const hasSource = source !== null && source.readyState >= 2;
    context.globalCompositeOperation = "source-over";
    context.filter = "none";
    if (this.#mode === "source" && hasSource) {
      context.drawImage(source, 0, 0, width, height);
    } else if (this.#mode === "difference" && hasSource) {
      const scratch = this.scratch.getContext("2d");
      scratch.globalCompositeOperation = "source-over";
      scratch.drawImage(source, 0, 0, width, height);
      scratch.globalCompositeOperation = "difference";
      scratch.drawImage(result, 0, 0, width, height);
      context.filter = DIFFERENCE_GAIN;
      context.drawImage(this.scratch, 0, 0);
      context.filter = "none";
    } else {
      context.drawImage(result, 0, 0, width, height);
      if (this.#mode === "wipe" && hasSource) {
        context.save();
        context.beginPath();
        context.rect(0, 0, width * this.#share, height);
        context.clip();
        context.drawImage(source, 0, 0, width, height);
        context.restore();
      }
    }
    // What the picture holds by now: source and mask may come later than the wish to see them.
    canvas.dataset.shown = hasSource ? this.#mode : "result";
    canvas.dataset.outlined = String(this.#outline && this.#drawOutline(context, width, height));
    this.line.style.left = `${100 * this.#share}%`;
  }

  /** Pixels of the mask that have a neighbour outside it, in the guide's green. False: the mask is not there yet, or cannot be shown. */
  #drawOutline(context, width, height) {
    const mask = this.mask;
    const isReady = mask instanceof HTMLImageElement ? mask.naturalWidth > 0 : mask.readyState >= 2;
    if (!isReady) return false;
    const scratch = this.scratch.getContext("2d", { willReadFrequently: true });
    scratch.globalCompositeOperation = "source-over";
    scratch.drawImage(mask, 0, 0, width, height);
    const image = scratch.getImageData(0, 0, width, height);
    const pixels = new Uint32Array(image.data.buffer);
    const white = Uint8Array.from({ length: pixels.length }, (_, i) => ((pixels[i] >> 8) & 255) > 127);
    const reach = Math.max(Math.round(width / 960), 1);
    for (let y = 0, i = 0; y < height; y++) {
      for (let x = 0; x < width; x++, i++) {
        const isEdge = white[i] === 1 && (
          (x >= reach && white[i - reach] === 0) || (x + reach < width && white[i + reach] === 0)
          || (y >= reach && white[i - reach * width] === 0) || (y + reach < height && white[i + reach * width] === 0));
        pixels[i] = isEdge ? 0xff00ff66 : 0;
      }
    }
    scratch.putImageData(image, 0, 0);
    context.drawImage(this.scratch, 0, 0);
    return true;
  }
}

function hidden(address, muted) {
  const media = document.createElement("video");
  Object.assign(media, { muted, playsInline: true, preload: "auto", src: address });
  return media;
}

function picture(address) {
  const image = new Image();
  image.src = address;
  return image;
}
