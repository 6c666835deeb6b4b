// The losses of a training, step by step, from what the server tells; and the curve of them.

import { svg, h } from "../dom.js";

const WIDTH = 640;
const HEIGHT = 220;
const [LEFT, RIGHT, TOP, BOTTOM] = [68, 12, 12, 28];

/** "training 120/2000, loss 0.1234 over 10 steps, ..." -> { step, steps, loss }; null for any other line. */
export function lossOf(line) {
  const match = /^training (\d+)\/(\d+), loss (\d+(?:\.\d+)?)/.exec(line);
  return match === null ? null : { step: Number(match[1]), steps: Number(match[2]), loss: Number(match[3]) };
}

/** Points of the log's lines, each the mean of the steps since the one before; behind them the single steps that no line tells of yet. */
export class Losses {
  #told = [];
  #fresh = [];
  steps = 0;

  /** A connection that begins anew tells the log from its beginning. */
  clear() {
    this.#told = [];
    this.#fresh = [];
  }

  addLine(text) {
    const point = lossOf(text);
    if (point === null) return;
    this.steps = point.steps;
    // A training that goes on from its last state makes some steps again.
    this.#told = [...this.#told.filter(({ step }) => step < point.step), point];
    this.#fresh = this.#fresh.filter(({ step }) => step > point.step);
  }

  addStep({ stage, step, steps, loss }) {
    if (stage !== "training" || typeof loss !== "number") return;
    this.steps = steps;
    this.#told = this.#told.filter((point) => point.step <= step);
    if (this.#told.at(-1)?.step !== step) this.#fresh = [...this.#fresh.filter((point) => point.step < step), { step, loss }];
  }

  get points() {
    return [...this.#told, ...this.#fresh];
  }

  /** What the curve says, in words; null before the first step. */
  get text() {
    const { points } = this;
    if (points.length === 0) return null;
    const { step, loss } = points.at(-1);
    const lowest = points.reduce((best, point) => (point.loss < best.loss ? point : best));
    const number = (value) => value.toLocaleString("en");
    const best = `the lowest was ${shown(lowest.loss)} at step ${number(lowest.step)}`;
    return `Loss ${shown(loss)} at step ${number(step)} of ${number(this.steps)}; ${best}.`;
  }
}

/** The curve as a figure whose words say the same; `show(losses)` draws anew at the next frame. */
export class LossCurve {
  #coming = null;

  constructor() {
    this.line = svg("polyline", { class: "loss-line" });
    this.dot = svg("circle", { r: 3.5, class: "loss-dot" });
    this.labels = svg("g", { class: "loss-labels" });
    this.caption = h("figcaption", { class: "detail" });
    this.picture = svg("svg", { viewBox: `0 0 ${WIDTH} ${HEIGHT}`, role: "img", "aria-label": "Loss by step" },
      svg("path", { class: "loss-axes", d: `M${LEFT} ${TOP}V${HEIGHT - BOTTOM}H${WIDTH - RIGHT}` }), this.labels, this.line, this.dot);
    this.element = h("figure", { class: "loss", hidden: true }, this.picture, this.caption);
  }

  show(losses) {
    if (this.#coming !== null) cancelAnimationFrame(this.#coming);
    this.#coming = requestAnimationFrame(() => this.#draw(losses));
  }

  #draw(losses) {
    this.#coming = null;
    const { points, steps, text } = losses;
    this.element.hidden = points.length === 0;
    if (points.length === 0) return;
    const top = Math.max(...points.map(({ loss }) => loss), 1e-9) * 1.05;
    const x = (step) => LEFT + (step / Math.max(steps, 1)) * (WIDTH - LEFT - RIGHT);
    const y = (loss) => HEIGHT - BOTTOM - (loss / top) * (HEIGHT - TOP - BOTTOM);
    this.line.setAttribute("points", points.map(({ step, loss }) => `${x(step).toFixed(1)},${y(loss).toFixed(1)}`).join(" "));
    const last = points.at(-1);
    this.dot.setAttribute("cx", x(last.step));
    this.dot.setAttribute("cy", y(last.loss));
    const beside = (share) => svg("text", { x: LEFT - 6, y: y(top * share) + 4, "text-anchor": "end" }, shown(top * share));
    const below = (step, anchor) => svg("text", { x: x(step), y: HEIGHT - 8, "text-anchor": anchor }, step.toLocaleString("en"));
    this.labels.replaceChildren(beside(0), beside(0.5), beside(1), below(0, "start"), below(Math.round(steps / 2), "middle"), below(steps, "end"));
    this.caption.textContent = text;
  }
}

const shown = (loss) => (loss === 0 ? "0" : loss.toPrecision(3));
