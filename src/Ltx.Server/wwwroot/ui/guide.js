// What a running request works on: its source with the masked region in the guide's green, playing in a loop.

import { h } from "./dom.js";

/** Wide enough to see, small enough to look through pixel by pixel at every frame. */
const MOST_WIDTH = 640;
const GREEN = 0x8c00ff66;

export class Guide {
  #raf = 0;

  constructor(source, mask, maskIsPicture) {
    this.canvas = h("canvas", { role: "img", "aria-label": "The source; green is what is made anew" });
    this.element = h("div", { class: "well guide", hidden: true }, this.canvas);
    this.source = video(source);
    this.mask = mask === null ? null : maskIsPicture ? Object.assign(new Image(), { src: mask }) : video(mask);
    this.scratch = document.createElement("canvas");
    const rests = matchMedia("(prefers-reduced-motion: reduce)").matches;
    this.source.addEventListener("loadeddata", () => {
      const { videoWidth, videoHeight } = this.source;
      const scale = Math.min(1, MOST_WIDTH / videoWidth);
      for (const canvas of [this.canvas, this.scratch]) {
        canvas.width = Math.round(videoWidth * scale);
        canvas.height = Math.round(videoHeight * scale);
      }
      this.element.hidden = false;
      if (!rests) this.source.play().catch(() => {});
      this.#loop(rests);
    });
    // Where nothing moves, a mask that comes later than the source is drawn when it is there.
    for (const name of ["load", "loadeddata", "seeked"]) this.mask?.addEventListener(name, () => rests && this.source.readyState >= 2 && this.#draw());
  }

  close() {
    cancelAnimationFrame(this.#raf);
    for (const media of [this.source, this.mask]) {
      if (!(media instanceof HTMLVideoElement)) continue;
      media.removeAttribute("src");
      media.load();
    }
  }

  #loop(rests) {
    this.#draw();
    if (!rests) this.#raf = requestAnimationFrame(() => this.#loop(rests));
  }

  #draw() {
    const { canvas, source, mask } = this;
    const context = canvas.getContext("2d");
    context.drawImage(source, 0, 0, canvas.width, canvas.height);
    if (mask instanceof HTMLVideoElement) {
      if (mask.readyState < 2) return;
      // A shorter mask holds its last frame.
      const to = Math.min(source.currentTime, Math.max(mask.duration - 0.01, 0));
      if (!mask.seeking && Math.abs(mask.currentTime - to) > 0.02) mask.currentTime = to;
    } else if (!(mask?.naturalWidth > 0)) {
      return;
    }
    const scratch = this.scratch.getContext("2d", { willReadFrequently: true });
    scratch.drawImage(mask, 0, 0, canvas.width, canvas.height);
    const image = scratch.getImageData(0, 0, canvas.width, canvas.height);
    const pixels = new Uint32Array(image.data.buffer);
    for (let i = 0; i < pixels.length; i++) pixels[i] = ((pixels[i] >> 8) & 255) > 127 ? GREEN : 0;
    scratch.putImageData(image, 0, 0);
    context.drawImage(this.scratch, 0, 0);
  }
}

function video(address) {
  return Object.assign(document.createElement("video"), { muted: true, playsInline: true, loop: true, preload: "auto", src: address });
}
