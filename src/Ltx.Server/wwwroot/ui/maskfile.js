// A mask file over the source: white shown in the guide's green, in step with the frame.

import { ownPath } from "./api.js";

/** Luma above one half is white. */
const HALF = 127.5;

export class MaskFileView {
  #element = null;
  #address = null;
  #turn = 0;
  #scratch = document.createElement("canvas");

  constructor(stage) {
    this.stage = stage;
    stage.addEventListener("time", () => this.#follow());
  }

  /** Shows a File or an address of this server; null: none. Resolves to false where the browser cannot show it. */
  async show(from, type) {
    this.clear();
    const turn = this.#turn;
    if (from === null) return true;
    const address = from instanceof Blob ? (this.#address = URL.createObjectURL(from)) : ownPath(from);
    if (address === null) return false;
    const isPicture = (type ?? "").startsWith("image/") || /\.(png|jpe?g|webp|gif|bmp|avif)$/i.test(address);
    const element = document.createElement(isPicture ? "img" : "video");
    return new Promise((resolve) => {
      const ready = () => {
        // Something else is shown by now.
        if (turn !== this.#turn) return resolve(true);
        this.#element = element;
        this.#follow();
        resolve(true);
      };
      element.onerror = () => resolve(false);
      if (isPicture) element.onload = ready;
      else {
        element.muted = true;
        element.preload = "auto";
        element.onloadeddata = ready;
        element.onseeked = () => this.#draw();
      }
      element.src = address;
    });
  }

  clear() {
    this.#turn++;
    if (this.#address !== null) URL.revokeObjectURL(this.#address);
    if (this.#element instanceof HTMLVideoElement) {
      this.#element.removeAttribute("src");
      this.#element.load();
    }
    this.#element = this.#address = null;
    const { canvas } = this.stage;
    canvas.getContext("2d").clearRect(0, 0, canvas.width, canvas.height);
  }

  #follow() {
    const element = this.#element;
    if (element === null) return;
    if (element instanceof HTMLImageElement) return this.#draw();
    const { player } = this.stage;
    // A shorter mask holds its last frame.
    const to = Math.min((player.time + (player.times[player.index + 1] ?? player.time + 0.02)) / 2, Math.max(element.duration - 0.005, 0));
    if (Math.abs(element.currentTime - to) > 0.004) element.currentTime = to;
    else this.#draw();
  }

  #draw() {
    const { canvas } = this.stage;
    const { width, height } = canvas;
    if (this.#scratch.width !== width || this.#scratch.height !== height) Object.assign(this.#scratch, { width, height });
    const scratch = this.#scratch.getContext("2d", { willReadFrequently: true });
    scratch.clearRect(0, 0, width, height);
    scratch.drawImage(this.#element, 0, 0, width, height);
    const image = scratch.getImageData(0, 0, width, height);
    const data = image.data;
    for (let i = 0; i < data.length; i += 4) {
      const isWhite = 0.299 * data[i] + 0.587 * data[i + 1] + 0.114 * data[i + 2] > HALF;
      data[i] = 0x66;
      data[i + 1] = 0xff;
      data[i + 2] = 0;
      data[i + 3] = isWhite ? 0x8c : 0;
    }
    canvas.getContext("2d").putImageData(image, 0, 0);
  }
}
