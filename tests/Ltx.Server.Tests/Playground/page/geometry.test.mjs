import assert from "node:assert/strict";
import test from "node:test";
import { boxOf, editKey, editShape, keyAt, newShape, shapeName, simplified, toFrame, toLocal, withKey, withoutKey } from "../../../../src/Ltx.Server/wwwroot/ui/marks/geometry.js";
import { History } from "../../../../src/Ltx.Server/wwwroot/ui/marks/history.js";

const near = (actual, expected, what) => assert.ok(Math.abs(actual - expected) < 2e-3, `${what ?? ""} ${actual} is not ${expected}`);

test("moving a shape at another time sets a key there, and between the two it moves", () => {
  const shape = newShape("rect", "a", 0, 10, 20, 8, 4);
  const moved = editShape(shape, 2, { kind: "move", dx: 30, dy: -5 }, false);
  assert.deepEqual(moved.keys.map((k) => [k.time, k.x, k.y]), [[0, 10, 20], [2, 40, 15]]);
  near(keyAt(moved, 1).x, 25);
  assert.equal(shape.keys.length, 1, "the document before is not touched");
});

test("moving it again at the same time changes that key", () => {
  const shape = editShape(newShape("ellipse", "a", 0.5, 10, 20, 8, 4), 0.5 + 1e-9, { kind: "move", dx: 1, dy: 1 }, false);
  assert.equal(shape.keys.length, 1);
  assert.equal(shape.keys[0].x, 11);
});

test("the whole path moves where that is meant", () => {
  const two = withKey(newShape("polygon", "a", 0, 10, 10, 8, 8), 1, { points: [[0, 0], [5, 0], [5, 5], [0, 5]] });
  const moved = editShape(two, 0.5, { kind: "move", dx: 2, dy: 3 }, true);
  assert.deepEqual(moved.keys.map((k) => k.time), [0, 1]);
  assert.deepEqual(moved.keys[1].points, [[2, 3], [7, 3], [7, 8], [2, 8]]);
});

test("the last key cannot be taken away", () => {
  const shape = newShape("brush", "a", 0.25, 10, 10, 1, 1, 4);
  assert.deepEqual(withoutKey(shape, 0.25), shape);
  assert.deepEqual(withoutKey(withKey(shape, 1, keyAt(shape, 1)), 0.25).keys.map((k) => k.time), [1]);
});

test("resizing by a handle leaves the opposite corner where it is, also when turned", () => {
  for (const type of ["rect", "ellipse"]) {
    const key = { time: 0, x: 50, y: 40, rx: 20, ry: 10, cos: 0.6, sin: 0.8 };
    const from = boxOf(type, key);
    const [rx, ry] = [30, 14];
    const [x, y] = toFrame(from, rx - from.rx, ry - from.ry);
    const to = editKey(type, key, { kind: "box", from, to: { ...from, x, y, rx, ry } });
    const before = toFrame(from, -from.rx, -from.ry);
    const after = toFrame(boxOf(type, to), -rx, -ry);
    near(after[0], before[0]);
    near(after[1], before[1]);
  }
});

test("resizing a polygon or a line scales its points about the other side", () => {
  const key = { time: 0, points: [[10, 10], [30, 10], [30, 20], [10, 20]] };
  const from = boxOf("polygon", key);
  const scaled = editKey("polygon", key, { kind: "box", from, to: { ...from, x: 30, rx: 20 } });
  assert.deepEqual(scaled.points, [[10, 10], [50, 10], [50, 20], [10, 20]]);
  const line = editKey("brush", { time: 0, radius: 4, points: [[10, 10]] }, { kind: "box", from: { rx: 4, ry: 4, x: 10, y: 10 }, to: { rx: 6, ry: 6, x: 10, y: 10 } });
  near(line.radius, 6);
});

test("four quarter turns are none", () => {
  for (const [type, key] of [["rect", { x: 5, y: 6, rx: 3, ry: 1, cos: 1, sin: 0 }], ["polygon", { points: [[1, 1], [9, 2], [4, 7]] }]]) {
    let turned = key;
    for (let i = 0; i < 72; i++) turned = editKey(type, turned, { kind: "turn", angle: Math.PI / 36 });
    for (const name of ["cos", "sin"]) if (name in key) near(turned[name], key[name], name);
  }
});

test("local coordinates and the frame's are each other's way back", () => {
  const box = { x: 3, y: 4, rx: 1, ry: 1, cos: 0.28, sin: 0.96 };
  const [u, v] = toLocal(box, 10, -2);
  const [x, y] = toFrame(box, u, v);
  near(x, 10);
  near(y, -2);
});

test("a line keeps its ends and every point that matters", () => {
  const straight = Array.from({ length: 50 }, (_, i) => [i, 2 * i]);
  assert.deepEqual(simplified(straight, 0.1), [[0, 0], [49, 98]]);
  const wave = Array.from({ length: 200 }, (_, i) => [i, 20 * Math.sin(i / 12)]);
  const kept = simplified(wave, 0.5);
  assert.ok(kept.length < 80 && kept.length > 10);
  assert.deepEqual(simplified([[1, 1]], 5), [[1, 1]]);
});

test("names count within their kind", () => {
  const shapes = [{ type: "rect" }, { type: "brush" }, { type: "rect" }, { type: "brush", erase: true }];
  assert.deepEqual(shapes.map((_, i) => shapeName(shapes, i)), ["Rectangle 1", "Brush 1", "Rectangle 2", "Eraser 1"]);
});

test("undo and redo walk through the documents; a new change ends redo", () => {
  const history = new History("a");
  history.commit("b");
  history.commit("c");
  history.undo();
  assert.equal(history.present, "b");
  history.redo();
  assert.equal(history.present, "c");
  history.undo();
  history.commit("d");
  assert.equal(history.canRedo, false);
  history.undo();
  history.undo();
  assert.equal(history.present, "a");
  assert.equal(history.canUndo, false);
});
