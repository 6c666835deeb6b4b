// The source in time: a strip of its pictures, the position, and a lane for every mark with its keyframes.

import { h, replace, svg } from "./dom.js";
import { groupOf, shapeName } from "./marks/geometry.js";

/** Pictures in the strip, and their height in pixels. */
const PICTURES = 12;
const HEIGHT = 44;

/** Events: "lane" (detail: a shape's id) when a lane is pressed; "bounds" (detail: { id, side, time }) when an end of one was dragged. */
export class Timeline extends EventTarget {
  #coveredFrames = 0;
  #reel = null;
  #shown = "";

  constructor(player) {
    super();
    this.player = player;
    this.film = h("canvas", { class: "film", "aria-hidden": "true", width: 0, height: 0 });
    this.scrub = h("input", { type: "range", min: 0, max: 0, step: 1, value: 0, class: "scrub", "aria-label": "Position", oninput: () => {
      player.pause();
      player.seek(Number(this.scrub.value));
    } });
    this.ticks = svg("svg", { class: "ticks", "aria-hidden": "true" });
    this.lanes = h("div", { class: "lanes" });
    this.element = h("div", { class: "timeline" }, h("div", { class: "strip" }, this.film, this.scrub, this.ticks), this.lanes);
  }

  /** Shows the pictures of another source; what cannot be had is left dark. */
  async load(address, source) {
    this.close();
    const reel = (this.#reel = Object.assign(document.createElement("video"), { muted: true, preload: "auto", src: address }));
    const width = Math.round((HEIGHT * source.width) / source.height);
    this.film.width = PICTURES * width;
    this.film.height = HEIGHT;
    const context = this.film.getContext("2d");
    await once(reel, "loadeddata");
    const { duration } = reel;
    for (let i = 0; i < PICTURES && reel === this.#reel && Number.isFinite(duration); i++) {
      reel.currentTime = (duration * (i + 0.5)) / PICTURES;
      await once(reel, "seeked");
      if (reel === this.#reel) context.drawImage(reel, i * width, 0, width, HEIGHT);
    }
    if (reel === this.#reel) this.close();
  }

  close() {
    this.#reel?.removeAttribute("src");
    this.#reel?.load();
    this.#reel = null;
  }

  /** Where the player is, and how much of the source goes into the request; the strip shows as much as the player goes through. */
  show(coveredFrames, duration) {
    const { times, index, time } = this.player;
    this.#coveredFrames = coveredFrames;
    this.scrub.max = times.length - 1;
    this.scrub.value = index;
    this.scrub.setAttribute("aria-valuetext", `Frame ${index + 1} of ${times.length}, ${time.toFixed(3)} seconds`);
    // The strip holds the whole source; what is gone through may be its beginning.
    const share = duration > 0 ? Math.min(this.player.end / duration, 1) : 1;
    this.film.style.width = `${100 / share}%`;
  }

  showMarks(shapes, selection) {
    const { times } = this.player;
    const text = JSON.stringify([times.length, this.#coveredFrames, selection,
      shapes.map((s) => [s.id, s.layer, s.from, s.to, s.unsure, s.erase, s.keys.map((key) => key.time)])]);
    if (text === this.#shown) return;
    this.#shown = text;
    const parts = [];
    if (times.length > this.#coveredFrames && this.#coveredFrames > 0) {
      const from = (100 * (this.#coveredFrames - 0.5)) / (times.length - 1);
      parts.push(svg("rect", { x: `${from}%`, y: 0, width: `${100 - from}%`, height: "100%", class: "uncovered" }));
    }
    replace(this.ticks, parts);
    const groups = [...new Set(shapes.map(groupOf))];
    replace(this.lanes, groups.map((group) => this.#lane(shapes, group, selection)));
  }

  #lane(shapes, group, selection) {
    const all = shapes.filter((shape) => groupOf(shape) === group);
    const [shape] = all;
    const name = shapeName(shapes, shapes.indexOf(shape));
    const [from, to] = [shape.from ?? null, shape.to ?? null];
    const [left, right] = [from === null ? 0 : this.#at(from), to === null ? 100 : this.#at(to)];
    const bar = svg("svg", { class: "bar", "aria-hidden": "true" },
      svg("rect", { x: `${left}%`, y: 3, width: `${Math.max(right - left, 0.5)}%`, height: 12, rx: 3, class: "span" }),
      (shape.unsure ?? []).map(([begin, end]) => svg("rect", { x: `${this.#at(begin)}%`, y: 3,
        width: `${Math.max(this.#at(end) - this.#at(begin), 1)}%`, height: 12, class: "unsure" })),
      all.flatMap(({ keys }) => keys).map((key) => svg("svg", { x: `${this.#at(key.time)}%`, y: 9, overflow: "visible" },
        svg("path", { d: "M0 -4.5L4.5 0L0 4.5L-4.5 0Z", class: "key" }))));
    const lane = h("div", { class: `lane${all.some(({ id }) => selection.includes(id)) ? " current" : ""}`,
      title: `${name}: drag an end to let it appear later or end earlier`, onpointerdown: (event) => this.#grab(event, shape, left, right) }, bar);
    return lane;
  }

  #at(time) {
    const { times } = this.player;
    const index = times.findIndex((t) => t >= time - 1e-6);
    return times.length > 1 ? (100 * (index < 0 ? times.length - 1 : index)) / (times.length - 1) : 0;
  }

  /** A press selects; a drag from near an end moves that end. */
  #grab(event, shape, left, right) {
    if (event.button !== 0) return;
    const lane = event.currentTarget;
    const box = lane.firstChild.getBoundingClientRect();
    const share = ({ clientX }) => Math.min(Math.max((clientX - box.left) / box.width, 0), 1);
    const near = (percent) => Math.abs(share(event) * box.width - (percent / 100) * box.width) < 10;
    const side = near(right) ? "to" : near(left) ? "from" : null;
    const { times } = this.player;
    lane.setPointerCapture(event.pointerId);
    let moved = false;
    lane.onpointermove = (move) => {
      if (side === null || (!moved && Math.abs(move.clientX - event.clientX) < 3)) return;
      moved = true;
      const percent = 100 * share(move);
      const bar = lane.querySelector(".span");
      const [a, b] = side === "from" ? [Math.min(percent, right), right] : [left, Math.max(percent, left)];
      bar.setAttribute("x", `${a}%`);
      bar.setAttribute("width", `${b - a}%`);
    };
    lane.onpointerup = lane.onpointercancel = (up) => {
      lane.onpointermove = lane.onpointerup = lane.onpointercancel = null;
      this.dispatchEvent(new CustomEvent("lane", { detail: shape.id }));
      if (!moved || up.type === "pointercancel") return;
      const index = Math.round(share(up) * (times.length - 1));
      const isBound = side === "from" ? index > 0 : index < times.length - 1;
      this.dispatchEvent(new CustomEvent("bounds", { detail: { id: shape.id, side, time: isBound ? times[index] : null } }));
    };
  }
}

const once = (element, name) => new Promise((resolve) => {
  for (const event of [name, "error", "emptied"]) element.addEventListener(event, resolve, { once: true });
});
