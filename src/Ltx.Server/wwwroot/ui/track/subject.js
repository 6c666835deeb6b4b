// What is followed: a piece of one picture, and where that piece is in others.

import { alikeness, followed, grip } from "./flow.js";
import { Picture, pyramid } from "./picture.js";
import { agreedOn, applied, believed, composed, inverse, randomNumbers } from "./similarity.js";

/** The mark's longer side in the piece, in pixels, and how far around it the piece reaches, as a share of that. */
const SIDE = 96;
const AROUND = 0.5;
const LEVELS = 3;

/** The mark is laid out with so many cells each way; each gives its best point. */
const CELLS = 9;

/** From one picture to the next a subject grows and turns no more than so. */
const MOST = { growth: 0.3, angle: 0.4 };

/** A point is seen where its surroundings are so much alike. */
const SEEN = 0.6;

/** The whole piece when it is looked for: its longer side, in pixels. */
const SMALL = 40;

export class Subject {
  /**
   * @param picture where it is marked
   * @param box { left, top, right, bottom } around the mark
   * @param isInside told a point, whether it lies in the mark
   */
  constructor(picture, box, isInside) {
    const [width, height] = [box.right - box.left, box.bottom - box.top];
    const scale = Math.min(SIDE / Math.max(width, height), 2);
    const around = AROUND * Math.max(width, height) * scale;
    /** From the piece into the picture it was taken from. */
    this.place = { a: 1 / scale, b: 0, dx: box.left - around / scale, dy: box.top - around / scale };
    this.inside = { left: around, top: around, width: width * scale, height: height * scale };
    this.width = Math.round(width * scale + 2 * around);
    this.height = Math.round(height * scale + 2 * around);
    this.piece = pyramid(picture.warped(this.place, this.width, this.height).smoothed(), LEVELS);
    this.points = this.#choose(picture, isInside);
    this.random = randomNumbers();
  }

  /**
   * Where it is in another picture, beginning from a guess: { similarity, share, part, alike, seen }, from its own picture to that one. `part` is how
   * much of it is seen there, `share` the same with what lies in the middle counted for more. Null: not there.
   * @param isNear the guess is good: only what is near is looked at, and what covers a part of the subject does not disturb the rest
   */
  find(picture, guess, isNear) {
    let pose = composed(guess, this.place);
    let agreed = null;
    for (const [levels, tolerance] of isNear ? [[1, 1.5]] : [[LEVELS, 2.5], [1, 1.5]]) {
      const there = pyramid(picture.warped(pose, this.width, this.height).smoothed(), levels);
      const found = followed(this.piece.slice(0, levels), there, this.points);
      const pairs = this.points.map((point, i) => ({ point, at: found[i] })).filter(({ at }) => at !== null)
        .map(({ point, at: [u, v] }) => ({ x: point.x, y: point.y, u, v, weight: point.weight, hold: point.hold, point }));
      agreed = agreedOn(pairs, tolerance, MOST, this.random);
      if (agreed === null) return null;
      pose = composed(pose, believed(agreed.pairs) ?? agreed.similarity);
    }
    return this.#judged(picture, pose, new Set(agreed.pairs.map(({ point }) => point)));
  }

  /** Where it may be around a guess, the likeliest first: the whole piece, small, at every place within `reach` pixels of the picture. */
  candidates(picture, guess, reach) {
    const shrink = SMALL / Math.max(this.inside.width, this.inside.height);
    const [width, height] = [Math.max(Math.round(this.inside.width * shrink), 4), Math.max(Math.round(this.inside.height * shrink), 4)];
    const ofPiece = { a: 1 / shrink, b: 0, dx: this.inside.left, dy: this.inside.top };
    // Of the piece's half: as sharp as the picture is when it is made that small.
    const own = this.piece[1].warped(composed({ a: 0.5, b: 0, dx: -0.25, dy: -0.25 }, ofPiece), width, height);
    const weights = own.data.map((_, k) => centred((k % width) / (width - 1), Math.floor(k / width) / (height - 1)));
    const pose = composed(guess, this.place);
    const margin = Math.ceil((reach * shrink) / Math.hypot(pose.a, pose.b));
    const view = { a: 1 / shrink, b: 0, dx: this.inside.left - margin / shrink, dy: this.inside.top - margin / shrink };
    const around = averaged(picture, composed(pose, view), width + 2 * margin, height + 2 * margin);
    const all = [];
    for (let y = 0; y <= 2 * margin; y++) {
      for (let x = 0; x <= 2 * margin; x++) {
        const shift = { a: 1, b: 0, dx: (x - margin) / shrink, dy: (y - margin) / shrink };
        all.push({ alike: likeness(own, around, x, y, weights), x, y, shift });
      }
    }
    all.sort((one, other) => other.alike - one.alike);
    const best = [];
    for (const candidate of all) {
      if (best.length === 4 || candidate.alike < 0.35) break;
      if (best.every(({ x, y }) => Math.abs(x - candidate.x) > 2 || Math.abs(y - candidate.y) > 2)) best.push(candidate);
    }
    return best.map(({ shift }) => composed(composed(pose, shift), inverse(this.place)));
  }

  /** What the one before has learned of its points holds for those that lie there now. `similarity`: from its picture to this one's. */
  inherit(before, similarity) {
    const back = composed(composed(inverse(before.place), inverse(similarity)), this.place);
    for (const point of this.points) {
      const [x, y] = applied(back, point.x, point.y);
      let nearest = null;
      for (const old of before.points) {
        const distance = (old.x - x) ** 2 + (old.y - y) ** 2;
        if (distance < (nearest?.distance ?? Infinity)) nearest = { distance, old };
      }
      if (nearest !== null) point.weight *= nearest.old.weight / nearest.old.full;
    }
  }

  /** What did not go along while the rest did is not part of it: it counts less and less. */
  learn({ seen }) {
    for (const point of this.points) point.weight = seen.has(point) ? Math.min(point.weight * 1.15, point.full) : point.weight * 0.85;
  }

  #judged(picture, pose, agreeing) {
    const there = picture.warped(pose, this.width, this.height).smoothed();
    const sums = { weight: 0, part: 0, alike: 0 };
    const seen = new Set();
    const part = (point) => point.weight / point.full;
    for (const point of agreeing) {
      const [x, y] = applied(pose, point.x, point.y);
      if (x < 0 || y < 0 || x > picture.width - 1 || y > picture.height - 1) continue;
      const like = alikeness(this.piece[0], there, point.x, point.y);
      if (like < SEEN) continue;
      seen.add(point);
      sums.weight += point.weight;
      sums.part += part(point);
      sums.alike += like * point.weight;
    }
    const all = (of) => Math.max(this.points.reduce((sum, point) => sum + of(point), 0), 1e-9);
    return {
      similarity: composed(pose, inverse(this.place)), seen,
      share: sums.weight / all((point) => point.weight), part: sums.part / all(part), alike: sums.alike / Math.max(sums.weight, 1e-9),
    };
  }

  /** The best point of each cell that lies in the mark: spread out, so that a lively background does not outvote a calm subject. */
  #choose(picture, isInside) {
    const { left, top, width, height } = this.inside;
    const [stepX, stepY] = [width / CELLS, height / CELLS];
    const points = [];
    for (let row = 0; row < CELLS; row++) {
      for (let column = 0; column < CELLS; column++) {
        let best = null;
        for (let y = Math.round(top + row * stepY); y < top + (row + 1) * stepY; y += 2) {
          for (let x = Math.round(left + column * stepX); x < left + (column + 1) * stepX; x += 2) {
            const [px, py] = applied(this.place, x, y);
            if (!isInside(px, py) || px < 0 || py < 0 || px > picture.width - 1 || py > picture.height - 1) continue;
            const hold = grip(this.piece[0], x, y);
            if (hold.least > (best?.hold.least ?? 0.05)) best = { x, y, hold };
          }
        }
        if (best === null) continue;
        const weight = centred((best.x - left) / width, (best.y - top) / height);
        points.push({ ...best, weight, full: weight });
      }
    }
    return points;
  }
}

/** What lies in the middle of a mark is the subject; at its edge the ground shows. 0 to 1 across and down. */
const centred = (x, y) => Math.exp(-2 * ((2 * x - 1) ** 2 + (2 * y - 1) ** 2));

/** As `warped`, for a picture that becomes much smaller: each pixel is the average of four places in it. */
function averaged(picture, similarity, width, height) {
  const twice = picture.warped(composed(similarity, { a: 0.5, b: 0, dx: -0.25, dy: -0.25 }), 2 * width, 2 * height);
  return new Picture(2 * width, 2 * height, twice.data).smoothed().halved();
}

function likeness(own, around, left, top, weights) {
  let [n, sa, sb, aa, bb, ab] = [0, 0, 0, 0, 0, 0];
  for (let y = 0, k = 0; y < own.height; y++) {
    for (let x = 0, at = (top + y) * around.width + left; x < own.width; x++, k++, at++) {
      const [w, a, b] = [weights[k], own.data[k], around.data[at]];
      n += w;
      sa += w * a;
      sb += w * b;
      aa += w * a * a;
      bb += w * b * b;
      ab += w * a * b;
    }
  }
  const [va, vb] = [aa - (sa * sa) / n, bb - (sb * sb) / n];
  return va < 1e-3 || vb < 1e-3 ? 0 : (ab - (sa * sb) / n) / Math.sqrt(va * vb);
}
