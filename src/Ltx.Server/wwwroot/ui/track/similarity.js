// Moves, turns and sizes in one: x' = a x - b y + dx, y' = b x + a y + dy.

export const STILL = { a: 1, b: 0, dx: 0, dy: 0 };

export const applied = ({ a, b, dx, dy }, x, y) => [a * x - b * y + dx, b * x + a * y + dy];

/** First `inner`, then `outer`. */
export function composed(outer, inner) {
  const [dx, dy] = applied(outer, inner.dx, inner.dy);
  return { a: outer.a * inner.a - outer.b * inner.b, b: outer.b * inner.a + outer.a * inner.b, dx, dy };
}

export function inverse({ a, b, dx, dy }) {
  const n = a * a + b * b;
  const [ia, ib] = [a / n, -b / n];
  return { a: ia, b: ib, dx: -(ia * dx - ib * dy), dy: -(ib * dx + ia * dy) };
}

/** What it does about a point: where that goes, how it grows (as a logarithm) and how it turns. Such numbers may be added and averaged. */
export function motionAbout(similarity, [cx, cy]) {
  const [x, y] = applied(similarity, cx, cy);
  return [x, y, Math.log(Math.hypot(similarity.a, similarity.b)), Math.atan2(similarity.b, similarity.a)];
}

/** The other way round. */
export function fromMotion([x, y, growth, angle], [cx, cy]) {
  const [a, b] = [Math.exp(growth) * Math.cos(angle), Math.exp(growth) * Math.sin(angle)];
  return { a, b, dx: x - (a * cx - b * cy), dy: y - (b * cx + a * cy) };
}

/** The similarity that brings points { x, y } nearest to { u, v }, each counted by its weight. Null: they do not tell. */
export function fitted(pairs) {
  let [n, mx, my, mu, mv] = [0, 0, 0, 0, 0];
  for (const { x, y, u, v, weight } of pairs) {
    n += weight;
    mx += weight * x;
    my += weight * y;
    mu += weight * u;
    mv += weight * v;
  }
  if (n === 0) return null;
  [mx, my, mu, mv] = [mx / n, my / n, mu / n, mv / n];
  let [along, across, spread] = [0, 0, 0];
  for (const { x, y, u, v, weight } of pairs) {
    const [px, py, pu, pv] = [x - mx, y - my, u - mu, v - mv];
    along += weight * (px * pu + py * pv);
    across += weight * (px * pv - py * pu);
    spread += weight * (px * px + py * py);
  }
  if (spread < 1e-9) return null;
  const [a, b] = [along / spread, across / spread];
  return { a, b, dx: mu - (a * mx - b * my), dy: mv - (b * mx + a * my) };
}

/** How much a pair must say about size and angle for it to be believed, as a share of what it says about the place. */
const DOUBT = 0.01;

/**
 * As `fitted`, with each pair believed only as far as its surroundings tell: a point on an edge says where it is across the edge, not along it. What
 * nobody tells of size and angle stays as it is: a plain disc does not turn.
 * @param pairs with `hold` { xx, xy, yy }: what changes around the point, in each direction
 */
export function believed(pairs) {
  const all = pairs.reduce((sum, { weight }) => sum + weight, 0);
  const [mx, my] = ["x", "y"].map((name) => pairs.reduce((sum, pair) => sum + pair.weight * pair[name], 0) / all);
  // Normal equations of a, b, dx, dy about the middle.
  const rows = Array.from({ length: 4 }, () => new Float64Array(5));
  let doubt = 0;
  for (const { x, y, u, v, weight, hold } of pairs) {
    const [px, py] = [x - mx, y - my];
    const [xx, xy, yy] = [hold.xx * weight, hold.xy * weight, hold.yy * weight];
    const across = [px, -py, 1, 0];
    const down = [py, px, 0, 1];
    const [tu, tv] = [xx * (u - mx) + xy * (v - my), xy * (u - mx) + yy * (v - my)];
    for (let i = 0; i < 4; i++) {
      const [ti, tj] = [xx * across[i] + xy * down[i], xy * across[i] + yy * down[i]];
      for (let j = 0; j < 4; j++) rows[i][j] += ti * across[j] + tj * down[j];
      rows[i][4] += tu * across[i] + tv * down[i];
    }
    doubt += DOUBT * (xx + yy) * (px * px + py * py);
  }
  rows[0][0] += doubt;
  rows[0][4] += doubt;
  rows[1][1] += doubt;
  const solution = solved(rows);
  if (solution === null) return null;
  const [a, b, dx, dy] = solution;
  return { a, b, dx: dx + mx - (a * mx - b * my), dy: dy + my - (b * mx + a * my) };
}

/** Gauss's elimination; null: many solutions or none. */
function solved(rows) {
  const n = rows.length;
  for (let i = 0; i < n; i++) {
    let best = i;
    for (let j = i + 1; j < n; j++) if (Math.abs(rows[j][i]) > Math.abs(rows[best][i])) best = j;
    [rows[i], rows[best]] = [rows[best], rows[i]];
    if (Math.abs(rows[i][i]) < 1e-12) return null;
    for (let j = 0; j < n; j++) {
      if (j === i) continue;
      const factor = rows[j][i] / rows[i][i];
      for (let k = i; k <= n; k++) rows[j][k] -= factor * rows[i][k];
    }
  }
  return rows.map((row, i) => row[n] / row[i]);
}

const TRIALS = 200;

/**
 * The similarity that most of the weight agrees on, within `tolerance`, and the pairs that do (RANSAC). One that grows or turns by more than
 * `most` { growth, angle } is none. Null: there is none.
 */
export function agreedOn(pairs, tolerance, most, random = randomNumbers()) {
  const isLikely = ({ a, b }) => Math.abs(Math.log(Math.hypot(a, b))) <= most.growth && Math.abs(Math.atan2(b, a)) <= most.angle;
  const within = (similarity) => pairs.filter(({ x, y, u, v }) => {
    const [px, py] = applied(similarity, x, y);
    return Math.hypot(px - u, py - v) <= tolerance;
  });
  const weightOf = (some) => some.reduce((sum, { weight }) => sum + weight, 0);
  let [best, bestWeight] = [[], 0];
  for (let trial = 0; trial < TRIALS && pairs.length >= 2; trial++) {
    const [one, other] = [pairs[Math.floor(random() * pairs.length)], pairs[Math.floor(random() * pairs.length)]];
    // Two that lie together tell nothing of size and angle.
    if (Math.hypot(one.x - other.x, one.y - other.y) < 4 * tolerance) continue;
    const candidate = fitted([{ ...one, weight: 1 }, { ...other, weight: 1 }]);
    if (candidate === null || !isLikely(candidate)) continue;
    const agreeing = within(candidate);
    const weight = weightOf(agreeing);
    if (weight > bestWeight) [best, bestWeight] = [agreeing, weight];
  }
  let similarity = best.length < 3 ? null : fitted(best);
  for (let round = 0; round < 2 && similarity !== null; round++) {
    best = within(similarity);
    similarity = best.length < 3 ? null : fitted(best);
  }
  return similarity === null || !isLikely(similarity) ? null : { similarity, pairs: best };
}

/** The same numbers every time: a track that is made again is the same. */
export function randomNumbers(seed = 1) {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}
