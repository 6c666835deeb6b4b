// A mark follows its subject, on clips of known motion. Centres are judged as a share of the width: 2 % wherever the subject is seen, 6 % where it is
// hidden.

import assert from "node:assert/strict";
import test from "node:test";
import { Picture } from "../../../../src/Ltx.Server/wwwroot/ui/track/picture.js";
import { agreedOn, applied, composed, fitted, inverse } from "../../../../src/Ltx.Server/wwwroot/ui/track/similarity.js";
import { track } from "../../../../src/Ltx.Server/wwwroot/ui/track/tracker.js";
import { HEIGHT, WIDTH, clip } from "./clips.mjs";

const SEEN = 0.02;
const HIDDEN = 0.06;

/** Follows the subject from frame `from` on; `loose`: how much larger than the subject the mark is. */
async function follow({ pictures, at, size }, { from = 0, loose = 1, backwards = false } = {}) {
  const order = pictures.map((_, n) => n).slice(backwards ? 0 : from, backwards ? from + 1 : undefined);
  if (backwards) order.reverse();
  const start = at(order[0]);
  const [rx, ry] = size.map((side) => (side / 2) * start.scale * loose);
  const box = { left: start.x - rx, top: start.y - ry, right: start.x + rx, bottom: start.y + ry };
  const isInside = (x, y) => x >= box.left && x <= box.right && y >= box.top && y <= box.bottom;
  const steps = track(order.length, (i) => new Picture(WIDTH, HEIGHT, pictures[order[i]]), { box, isInside });
  const places = [{ hidden: false, off: 0 }];
  const worst = { seen: 0, hidden: 0, growth: 0, angle: 0 };
  for (;;) {
    const { value, done } = await steps.next();
    if (done) return { ...value, places, worst };
    const { index, similarity, hidden } = value;
    const truth = at(order[index]);
    const [x, y] = applied(similarity, start.x, start.y);
    const off = Math.hypot(x - truth.x, y - truth.y) / WIDTH;
    places[index] = { hidden, off };
    if (hidden) worst.hidden = Math.max(worst.hidden, off);
    else {
      worst.seen = Math.max(worst.seen, off);
      worst.growth = Math.max(worst.growth, Math.abs(Math.hypot(similarity.a, similarity.b) / (truth.scale / start.scale) - 1));
      const turned = Math.atan2(similarity.b, similarity.a) - (truth.angle - start.angle);
      worst.angle = Math.max(worst.angle, Math.abs(Math.atan2(Math.sin(turned), Math.cos(turned))));
    }
  }
}

const percent = (share) => `${(100 * share).toFixed(2)} %`;

function tell(t, { why, at, worst, places }) {
  const hidden = places.filter((place) => place.hidden).length;
  t.diagnostic(`seen ${percent(worst.seen)}, hidden ${percent(worst.hidden)} in ${hidden} frames, size ${percent(worst.growth)}, `
    + `angle ${worst.angle.toFixed(3)}; ${why} at ${at}`);
}

const seen = {
  "a subject that moves": [{ x: "100+8*n" }],
  "one that leaps by its own length in three frames": [{ x: "60+24*n", frames: 16 }],
  "one that swings": [{ x: "240+130*sin(n/7)", y: "135+50*cos(n/5)" }],
  "one that comes nearer": [{ x: "180+3*n", scale: "0.7+0.03*n" }],
  "one that goes away": [{ x: "180+3*n", scale: "1.6-0.03*n" }],
  "one that turns": [{ angle: "0.08*n" }],
  "one that does all of it, in a mark that is too large": [{ x: "150+5*n", y: "110+1.5*n", scale: "1+0.012*n", angle: "0.04*n" }, { loose: 1.35 }],
  "a face before a lively ground, in a mark that is too large":
    [{ subject: "face", x: "140+6*n", y: "135+20*sin(n/6)", angle: "0.2*sin(n/8)" }, { loose: 1.3 }],
  "little contrast": [{ subject: "faint", x: "120+6*n", ground: 0.06 }],
  "motion blur": [{ subject: "face", x: "240+100*sin(n/8)", y: "135+30*sin(n/3)", blur: 6, frames: 24 }],
  "a camera that goes along": [{ x: "240+2*n", pan: "6*n-60" }],
  "backwards": [{ x: "140+6*n", scale: "1+0.01*n" }, { from: 31, backwards: true }],
};

for (const [name, [about, how]] of Object.entries(seen)) {
  test(`followed: ${name}`, async (t) => {
    const result = await follow(clip(about), how);
    tell(t, result);
    assert.equal(result.why, "end");
    assert.deepEqual(result.places.filter((place) => place.hidden), [], "it is never out of sight");
    assert.ok(result.worst.seen <= SEEN, `${percent(result.worst.seen)} beside its subject`);
    assert.ok(result.worst.growth <= 0.05 && result.worst.angle <= 0.05, "size and angle follow too");
  });
}

const hidden = {
  "a bar passes over it": [{ x: "120+6*n", cover: { width: 150, x: "370-14*n" } }],
  "it goes behind a wall, all of it for 8 frames": [{ x: "70+12*n", cover: { width: 216, x: "150" } }],
  "it stands still behind a bar for 8 frames": [{ cover: { width: 280, x: "480-20*n" } }],
  "it changes its course behind a bar": [{ x: "240+60*sin(n/10)", y: "135+20*cos(n/10)", cover: { width: 130, x: "560-24*n" } }],
};

for (const [name, [about]] of Object.entries(hidden)) {
  test(`carried on and caught again: ${name}`, async (t) => {
    const made = clip(about);
    const result = await follow(made);
    tell(t, result);
    assert.equal(result.why, "end");
    assert.ok(result.places.some((place) => place.hidden), "it was out of sight");
    assert.ok(result.worst.hidden <= HIDDEN, `${percent(result.worst.hidden)} while it was hidden`);
    assert.ok(result.worst.seen <= SEEN, `${percent(result.worst.seen)} beside its subject`);
    for (const [n, place] of result.places.entries()) {
      assert.ok(!place.hidden || made.covered(n) > 0.5, `frame ${n} is called hidden, and most of it is seen`);
    }
  });
}

test("it stops where the subject is hidden for longer, at the last frame that shows it", async (t) => {
  const made = clip({ x: "120+2*n", frames: 40, cover: { width: 340, x: "340-12*n" } });
  const result = await follow(made);
  tell(t, result);
  assert.equal(result.why, "lost");
  assert.ok(made.covered(result.at) > 0.5 && made.covered(result.at - 1) < 1, `frame ${result.at}`);
  assert.ok(result.worst.seen <= SEEN);
});

test("it stops at a cut", async (t) => {
  const result = await follow(clip({ x: "120+5*n", cutAt: 20 }));
  tell(t, result);
  assert.deepEqual([result.why, result.at], ["cut", 20]);
  assert.ok(result.worst.seen <= SEEN);
});

test("it stops where the subject leaves the picture", async (t) => {
  const result = await follow(clip({ x: "300+8*n", frames: 40 }));
  tell(t, result);
  assert.equal(result.why, "lost");
  assert.ok(result.at > 15 && result.at <= 30, `frame ${result.at}`);
});

test("similarities come back, and the greater weight wins", () => {
  const similarity = { a: 1.1, b: 0.2, dx: 30, dy: -8 };
  const back = composed(similarity, inverse(similarity));
  for (const [name, value] of Object.entries({ a: 1, b: 0, dx: 0, dy: 0 })) assert.ok(Math.abs(back[name] - value) < 1e-12);
  const pairs = Array.from({ length: 30 }, (_, i) => {
    const [x, y] = [(i * 37) % 90, (i * 53) % 70];
    // A third of them, and less in weight, go elsewhere together.
    const [u, v] = i % 3 === 0 ? [x + 12, y] : applied(similarity, x, y);
    return { x, y, u, v, weight: i % 3 === 0 ? 0.5 : 1 };
  });
  const agreed = agreedOn(pairs, 1, { growth: 0.3, angle: 0.4 });
  assert.equal(agreed.pairs.length, 20);
  for (const name of ["a", "b", "dx", "dy"]) assert.ok(Math.abs(agreed.similarity[name] - similarity[name]) < 1e-9);
  assert.equal(fitted([{ x: 1, y: 1, u: 2, v: 2, weight: 1 }]), null);
});
