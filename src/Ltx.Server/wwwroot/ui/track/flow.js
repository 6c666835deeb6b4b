// Where points of one picture are in another: pyramidal Lucas-Kanade, and how much their surroundings look alike.

/** Half the side of a point's surroundings, in pixels. */
const REACH = 6;
const SIDE = 2 * REACH + 1;
const ROUNDS = 12;
const ENOUGH = 0.02;

/** Where points { x, y } of the first picture's pyramid are in the second's: [x, y] each, or null where it was lost. */
export function followed(from, to, points) {
  const forwards = points.map((point) => follow(from, to, point.x, point.y));
  return forwards.map((at, i) => {
    if (at === null) return null;
    // Whoever came along the right way comes back where it began.
    const back = follow(to, from, at[0], at[1]);
    return back !== null && Math.hypot(back[0] - points[i].x, back[1] - points[i].y) < 1 ? at : null;
  });
}

/** A point's surroundings with one more pixel on each side, for its gradients. */
const WIDE = SIDE + 2;
const wide = new Float64Array(WIDE * WIDE);
const gx = new Float64Array(SIDE * SIDE);
const gy = new Float64Array(SIDE * SIDE);
const own = new Float64Array(SIDE * SIDE);
const there = new Float64Array(SIDE * SIDE);

function follow(from, to, x, y) {
  let [dx, dy] = [0, 0];
  for (let level = Math.min(from.length, to.length) - 1; level >= 0; level--) {
    const scale = 2 ** level;
    // The middles of pixels: those of a half lie half a pixel off.
    const [px, py] = [(x + 0.5) / scale - 0.5, (y + 0.5) / scale - 0.5];
    from[level].around(px, py, REACH + 1, wide);
    let [xx, xy, yy, sum, gxs, gys] = [0, 0, 0, 0, 0, 0];
    for (let j = 0, k = 0; j < SIDE; j++) {
      for (let i = 0, at = (j + 1) * WIDE + 1; i < SIDE; i++, k++, at++) {
        own[k] = wide[at];
        const [across, down] = [(wide[at + 1] - wide[at - 1]) / 2, (wide[at + WIDE] - wide[at - WIDE]) / 2];
        gx[k] = across;
        gy[k] = down;
        xx += across * across;
        xy += across * down;
        yy += down * down;
        gxs += across;
        gys += down;
        sum += own[k];
      }
    }
    const determinant = xx * yy - xy * xy;
    if (determinant < 1e-6 * (xx + yy) * (xx + yy) || xx + yy < 1e-6) {
      // Nothing to hold on to in so small a picture: the next larger one may have it.
      if (level > 0) continue;
      return null;
    }
    const average = sum / own.length;
    let [ux, uy] = [dx / scale, dy / scale];
    for (let round = 0; round < ROUNDS; round++) {
      const [qx, qy] = [px + ux, py + uy];
      if (!(qx >= -REACH && qy >= -REACH && qx <= to[level].width + REACH && qy <= to[level].height + REACH)) return null;
      to[level].around(qx, qy, REACH, there);
      let [bx, by, total] = [0, 0, 0];
      for (let k = 0; k < there.length; k++) {
        const difference = own[k] - there[k];
        bx += difference * gx[k];
        by += difference * gy[k];
        total += there[k];
      }
      // Both are seen about their own average: light that comes and goes is no motion.
      const lighter = average - total / own.length;
      bx -= lighter * gxs;
      by -= lighter * gys;
      const [sx, sy] = [(yy * bx - xy * by) / determinant, (xx * by - xy * bx) / determinant];
      ux += sx;
      uy += sy;
      if (sx * sx + sy * sy < ENOUGH * ENOUGH) break;
    }
    dx = ux * scale;
    dy = uy * scale;
  }
  return [x + dx, y + dy];
}

/** How alike two pictures are around a point of both: 1 the same but for brightness and contrast, 0 nothing in common. */
export function alikeness(one, other, x, y) {
  one.around(x, y, REACH, own);
  other.around(x, y, REACH, there);
  let [sa, sb, aa, bb, ab] = [0, 0, 0, 0, 0];
  for (let k = 0; k < own.length; k++) {
    const [a, b] = [own[k], there[k]];
    sa += a;
    sb += b;
    aa += a * a;
    bb += b * b;
    ab += a * b;
  }
  const n = own.length;
  const [va, vb] = [aa - (sa * sa) / n, bb - (sb * sb) / n];
  return va < 1e-3 || vb < 1e-3 ? 0 : (ab - (sa * sb) / n) / Math.sqrt(va * vb);
}

/** What changes around a point: xx across, yy down, xy both; and the `least` of it in any direction, which is how well the point can be held. */
export function grip({ width, data }, x, y, reach = 3) {
  let [xx, xy, yy] = [0, 0, 0];
  for (let j = y - reach; j <= y + reach; j++) {
    for (let i = x - reach, at = j * width + i; i <= x + reach; i++, at++) {
      const [across, down] = [(data[at + 1] - data[at - 1]) / 2, (data[at + width] - data[at - width]) / 2];
      xx += across * across;
      xy += across * down;
      yy += down * down;
    }
  }
  const half = (xx + yy) / 2;
  return { xx, xy, yy, least: half - Math.sqrt(Math.max(half * half - (xx * yy - xy * xy), 0)) };
}
