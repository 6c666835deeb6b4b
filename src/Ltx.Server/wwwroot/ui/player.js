// The source on the screen, frame by frame. Positions are indices into the frames' exact times, not guesses from the clock.

import { frameAt } from "./frames.js";

export class Player extends EventTarget {
  times = [0];
  index = 0;
  playing = false;
  /** The element's clock may begin elsewhere than the container's: the first frame tells. */
  #shift = null;
  #wanted = null;
  #seeking = false;

  constructor(element) {
    super();
    this.element = element;
    element.addEventListener("seeked", () => this.#arrived());
    element.addEventListener("play", () => this.#setPlaying(true));
    element.addEventListener("pause", () => this.#setPlaying(false));
    // A browser in a hurry leaves frames out, the last one too.
    element.addEventListener("ended", () => this.seek(this.times.length - 1));
    element.addEventListener("loadeddata", () => this.#first());
    this.#watch();
  }

  /** Shows another source. `times` are its frames' from the first, as far as the page goes; the last one is held for `tail` seconds. */
  load(address, times, tail) {
    this.#shift = null;
    this.times = times;
    this.tail = tail;
    this.index = 0;
    this.element.src = address;
  }

  setTimes(times, tail) {
    this.times = times;
    this.tail = tail;
    if (this.index >= times.length) this.seek(times.length - 1);
    this.#tell();
  }

  get time() {
    return this.times[this.index] ?? 0;
  }

  get end() {
    return (this.times.at(-1) ?? 0) + this.tail;
  }

  seek(index) {
    this.index = Math.min(Math.max(index, 0), this.times.length - 1);
    this.#wanted = this.index;
    if (!this.#seeking) this.#go();
    this.#tell();
  }

  step(by) {
    this.pause();
    this.seek(this.index + by);
  }

  async toggle() {
    if (this.playing) return this.pause();
    if (this.index >= this.times.length - 1) this.seek(0);
    await this.element.play().catch(() => {});
  }

  pause() {
    this.element.pause();
  }

  /** The middle of a frame's time: at its edge a rounded clock could show the one before. */
  #middle(index) {
    const begin = this.times[index];
    const end = this.times[index + 1] ?? begin + Math.min(this.tail, 0.04);
    return (begin + end) / 2 + (this.#shift ?? 0);
  }

  #go() {
    if (this.#wanted === null) return;
    const index = this.#wanted;
    this.#wanted = null;
    this.#seeking = true;
    this.element.currentTime = this.#middle(index);
  }

  #arrived() {
    this.#seeking = false;
    if (this.#wanted !== null) this.#go();
    else this.#tell();
  }

  #first() {
    this.element.requestVideoFrameCallback?.((_, frame) => {
      if (this.#shift === null && this.element.currentTime < 0.5) this.#shift = frame.mediaTime - this.times[0];
    });
  }

  #watch() {
    const shown = (mediaTime) => {
      if (!this.playing) return;
      const index = frameAt(this.times, mediaTime - (this.#shift ?? 0) + 1e-4);
      if (index !== this.index) {
        this.index = index;
        this.#tell();
      }
      // The request ends here, and so does what can be marked.
      if (mediaTime - (this.#shift ?? 0) >= this.end - 1e-4) {
        this.pause();
        this.seek(this.times.length - 1);
      }
    };
    if (this.element.requestVideoFrameCallback) {
      const next = (_, frame) => {
        shown(frame.mediaTime);
        this.element.requestVideoFrameCallback(next);
      };
      this.element.requestVideoFrameCallback(next);
    } else {
      this.element.addEventListener("timeupdate", () => shown(this.element.currentTime));
    }
  }

  #setPlaying(playing) {
    this.playing = playing;
    if (!playing) this.seek(this.index);
    this.#tell();
  }

  #tell() {
    this.dispatchEvent(new Event("change"));
  }
}
