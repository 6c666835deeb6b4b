// The drawing's pixels, by the rule of docs/marks.md: the server's own maker gives the same ones. Boxes only leave out pixels that
// cannot be inside; every pixel in them is judged by the rule's own arithmetic.

import { shapeAt } from "./geometry.js";

/** Below these, products of the rule may underflow to 0 and hold far away pixels: then there is no box. */
const SMALLEST_DIRECTION = 1e-60;
const SMALLEST_BAR = 1e-100;

/** The mask at `time`: one byte a pixel, 0 or 255, row by row. `out` may be given to be filled. */
export function rasterise(marks, width, height, time, out = new Uint8Array(width * height)) {
  out.fill(0);
  for (const shape of marks.shapes) {
    const state = shapeAt(shape, time);
    if (state !== null) paint(shape.type, state, shape.erase ? 0 : 255, width, height, out);
  }
  if (marks.invert) {
    for (let i = 0; i < out.length; i++) out[i] = 255 - out[i];
  }
  return out;
}

/** Text that is the same exactly when the mask's shapes stand alike: frames in which nothing moves are drawn once. */
export function stateText(marks, time) {
  return JSON.stringify(marks.shapes.map((shape) => {
    const state = shapeAt(shape, time);
    return state === null ? null : { ...state, time: 0 };
  }));
}

/** Whether a point of the frame is inside a shape's numbers: the rule for one pixel. */
export function isInside(type, state, px, py) {
  if (type === "rect" || type === "ellipse") return boxTest(type, state)(px, py);
  if (type === "polygon") return crossings(state.points, py).filter((x) => px < x).length % 2 === 1;
  const square = state.radius * state.radius;
  return state.points.some((p, i) => inDisc(p, square, px, py) || (i > 0 && inBar(state.points[i - 1], p, square, px, py)));
}

function paint(type, state, value, width, height, out) {
  if (type === "polygon") {
    paintPolygon(state.points, value, width, height, out);
  } else if (type === "brush") {
    paintBrush(state, value, width, height, out);
  } else {
    const n = Math.sqrt(state.cos * state.cos + state.sin * state.sin);
    const isBoxed = Math.min(n, state.rx, state.ry) > SMALLEST_DIRECTION;
    const across = isBoxed ? (Math.abs(state.cos) * state.rx + Math.abs(state.sin) * state.ry) / n : Infinity;
    const down = isBoxed ? (Math.abs(state.sin) * state.rx + Math.abs(state.cos) * state.ry) / n : Infinity;
    fill(state.x - across, state.y - down, state.x + across, state.y + down, value, width, height, out, boxTest(type, state));
  }
}

function boxTest(type, { x, y, rx, ry, cos, sin }) {
  const n = Math.sqrt(cos * cos + sin * sin);
  if (type === "rect") {
    const [across, down] = [rx * n, ry * n];
    return (px, py) => {
      const dx = px - x;
      const dy = py - y;
      const u = dx * cos + dy * sin;
      const v = dy * cos - dx * sin;
      return Math.abs(u) <= across && Math.abs(v) <= down;
    };
  }
  const r = (rx * ry) * n;
  const rr = r * r;
  return (px, py) => {
    const dx = px - x;
    const dy = py - y;
    const u = dx * cos + dy * sin;
    const v = dy * cos - dx * sin;
    const p = u * ry;
    const q = v * rx;
    return p * p + q * q <= rr;
  };
}

/** Judges every pixel of a box that is a pixel wider on each side than it must be. */
function fill(left, top, right, bottom, value, width, height, out, test) {
  const [i0, i1] = [Math.max(Math.floor(left) - 1, 0), Math.min(Math.ceil(right) + 1, width)];
  const [j0, j1] = [Math.max(Math.floor(top) - 1, 0), Math.min(Math.ceil(bottom) + 1, height)];
  for (let j = j0; j < j1; j++) {
    const py = j + 0.5;
    const row = j * width;
    for (let i = i0; i < i1; i++) {
      if (test(i + 0.5, py)) out[row + i] = value;
    }
  }
}

/** Where the sides cross the row's middle line. */
function crossings(points, py) {
  const xs = [];
  for (let k = 0; k < points.length; k++) {
    const [x1, y1] = points[k];
    const [x2, y2] = points[k + 1 === points.length ? 0 : k + 1];
    if (y1 > py !== y2 > py) xs.push(((py - y1) * (x2 - x1)) / (y2 - y1) + x1);
  }
  return xs;
}

function paintPolygon(points, value, width, height, out) {
  const ys = points.map((p) => p[1]);
  const [j0, j1] = [Math.max(Math.floor(Math.min(...ys)) - 1, 0), Math.min(Math.ceil(Math.max(...ys)) + 1, height)];
  for (let j = j0; j < j1; j++) {
    // An odd number of crossings to the right of a pixel is the same as lying between an even one and the odd one after it.
    const xs = crossings(points, j + 0.5).sort((a, b) => a - b);
    for (let k = 0; k + 1 < xs.length; k += 2) {
      let i = Math.min(Math.max(Math.floor(xs[k] - 0.5) - 1, 0), width);
      while (i < width && i + 0.5 < xs[k]) i++;
      for (; i < width && i + 0.5 < xs[k + 1]; i++) out[j * width + i] = value;
    }
  }
}

function paintBrush({ points, radius }, value, width, height, out) {
  const square = radius * radius;
  for (let k = 0; k < points.length; k++) {
    const b = points[k];
    const a = k === 0 ? b : points[k - 1];
    const [ex, ey] = [b[0] - a[0], b[1] - a[1]];
    const l = ex * ex + ey * ey;
    const reach = l > 0 && l <= SMALLEST_BAR ? Infinity : radius;
    fill(Math.min(a[0], b[0]) - reach, Math.min(a[1], b[1]) - reach, Math.max(a[0], b[0]) + reach, Math.max(a[1], b[1]) + reach,
      value, width, height, out, (px, py) => inDisc(b, square, px, py) || (k > 0 && inBar(a, b, square, px, py)));
  }
}

function inDisc([x, y], square, px, py) {
  const dx = px - x;
  const dy = py - y;
  return dx * dx + dy * dy <= square;
}

function inBar([x1, y1], [x2, y2], square, px, py) {
  const ex = x2 - x1;
  const ey = y2 - y1;
  const l = ex * ex + ey * ey;
  if (l === 0) return false;
  const dx = px - x1;
  const dy = py - y1;
  const w = dx * ex + dy * ey;
  const k = dx * ey - dy * ex;
  return w >= 0 && w <= l && k * k <= square * l;
}
