import assert from "node:assert/strict";
import test from "node:test";
import { isInside, rasterise, stateText } from "../../../../src/Ltx.Server/wwwroot/ui/marks/raster.js";

const draw = (shapes, width = 8, height = 6, time = 0, invert = false) => rasterise({ invert, shapes }, width, height, time);
const rect = (numbers, more = {}) => ({ type: "rect", ...more, keys: [{ time: 0, x: 4, y: 3, rx: 2, ry: 1, cos: 1, sin: 0, ...numbers }] });

function rows(mask, width) {
  const lines = [];
  for (let i = 0; i < mask.length; i += width) lines.push(Array.from(mask.subarray(i, i + width), (v) => (v === 255 ? "#" : v === 0 ? "." : "?")).join(""));
  return lines;
}

test("a rectangle holds the pixels whose centres lie in it, edges included", () => {
  assert.deepEqual(rows(draw([rect({})]), 8), ["........", "........", "..####..", "..####..", "........", "........"]);
  // Edges on the centres of columns 1 and 5.
  assert.deepEqual(rows(draw([rect({ x: 3.5, rx: 2 })]), 8)[2], ".#####..");
});

test("a quarter turn changes width and height", () => {
  assert.deepEqual(rows(draw([rect({ cos: 0, sin: 1 })]), 8), ["........", "...##...", "...##...", "...##...", "...##...", "........"]);
});

test("the direction's length does not matter", () => {
  const whole = draw([rect({ cos: 0.6, sin: 0.8, rx: 3 })], 40, 40);
  assert.deepEqual(draw([rect({ cos: 6, sin: 8, rx: 3 })], 40, 40), whole);
});

test("an ellipse is its equation's", () => {
  const mask = draw([{ type: "ellipse", keys: [{ time: 0, x: 10.25, y: 7.5, rx: 6, ry: 3.5, cos: 1, sin: 0 }] }], 20, 15);
  for (let j = 0; j < 15; j++) {
    for (let i = 0; i < 20; i++) {
      const d = ((i + 0.5 - 10.25) / 6) ** 2 + ((j + 0.5 - 7.5) / 3.5) ** 2;
      if (Math.abs(d - 1) > 1e-9) assert.equal(mask[j * 20 + i], d < 1 ? 255 : 0, `${i}, ${j}`);
    }
  }
});

test("a polygon is filled by the even-odd rule", () => {
  const square = [[1, 1], [7, 1], [7, 5], [1, 5]];
  const hole = [[1, 1], [3, 2], [3, 4], [5, 4], [5, 2], [3, 2], [1, 1]];
  const mask = draw([{ type: "polygon", keys: [{ time: 0, points: [...square, ...hole] }] }]);
  assert.deepEqual(rows(mask, 8), ["........", ".######.", ".##..##.", ".##..##.", ".######.", "........"]);
});

test("a polygon's rows agree with the rule for one pixel", () => {
  const star = { points: [[1.5, 17], [10, 0.5], [18.3, 17.2], [0.7, 6], [19, 6.5]] };
  const mask = draw([{ type: "polygon", keys: [{ time: 0, ...star }] }], 20, 20);
  for (let i = 0; i < mask.length; i++) assert.equal(mask[i] === 255, isInside("polygon", star, (i % 20) + 0.5, Math.floor(i / 20) + 0.5), String(i));
});

test("a brush is discs and bars: a dot is round, a line has round ends", () => {
  assert.deepEqual(rows(draw([{ type: "brush", keys: [{ time: 0, radius: 1.6, points: [[4, 3]] }] }]), 8), ["........", "...##...", "..####..", "..####..", "...##...", "........"]);
  const line = { radius: 2.25, points: [[4, 4], [15.5, 9], [15.5, 9], [6, 15]] };
  const mask = draw([{ type: "brush", keys: [{ time: 0, ...line }] }], 20, 20);
  for (let i = 0; i < mask.length; i++) assert.equal(mask[i] === 255, isInside("brush", line, (i % 20) + 0.5, Math.floor(i / 20) + 0.5), String(i));
});

test("later shapes lie over earlier ones, erasers make black, inversion comes last", () => {
  const shapes = [rect({ rx: 4, ry: 3 }), rect({ rx: 2, ry: 1 }, { erase: true }), rect({ rx: 1, ry: 1 })];
  const lines = rows(draw(shapes), 8);
  assert.deepEqual(lines, ["########", "########", "##.##.##", "##.##.##", "########", "########"]);
  assert.deepEqual(rows(draw(shapes, 8, 6, 0, true), 8)[2], "..#..#..");
});

test("keys are interpolated, and held before the first and after the last", () => {
  const shape = { type: "rect", keys: [{ time: 1, x: 2, y: 3, rx: 1, ry: 1, cos: 1, sin: 0 }, { time: 3, x: 6, y: 3, rx: 1, ry: 1, cos: 1, sin: 0 }] };
  const middle = (time) => rows(draw([shape], 8, 6, time), 8)[3];
  assert.equal(middle(0), ".##.....");
  assert.equal(middle(2), "...##...");
  assert.equal(middle(9), ".....##.");
});

test("opposite directions keep the former one half way", () => {
  const key = (time, cos, sin) => ({ time, x: 4, y: 3, rx: 3, ry: 1, cos, sin });
  const turned = draw([{ type: "rect", keys: [key(0, 1, 0), key(1, -1, 0)] }], 8, 6, 0.5);
  assert.deepEqual(turned, draw([rect({ rx: 3 })]));
});

test("from and to bound a shape in time", () => {
  const shape = rect({}, { from: 0.5, to: 1 });
  const has = (time) => draw([shape], 8, 6, time).includes(255);
  assert.deepEqual([0.4999, 0.5, 0.9999, 1].map(has), [false, true, true, false]);
});

test("the state's text is the same only while nothing moves", () => {
  const moving = { type: "rect", keys: [{ time: 0, x: 2, y: 3, rx: 1, ry: 1, cos: 1, sin: 0 }, { time: 1, x: 6, y: 3, rx: 1, ry: 1, cos: 1, sin: 0 }] };
  const marks = { shapes: [moving] };
  assert.notEqual(stateText(marks, 0.25), stateText(marks, 0.5));
  assert.equal(stateText(marks, 1), stateText(marks, 2));
  assert.notEqual(stateText({ shapes: [{ ...moving, to: 1.5 }] }, 1), stateText({ shapes: [{ ...moving, to: 1.5 }] }, 2));
});
