// Grey pictures of floats. The middle of the upper left pixel is (0, 0).

export class Picture {
  constructor(width, height, data = new Float32Array(width * height)) {
    Object.assign(this, { width, height, data });
  }

  /** Between the pixels; beyond the edge the edge goes on. */
  at(x, y) {
    const { width, height, data } = this;
    const cx = x <= 0 ? 0 : x >= width - 1 ? width - 1 : x;
    const cy = y <= 0 ? 0 : y >= height - 1 ? height - 1 : y;
    const [i, j] = [Math.min(Math.floor(cx), Math.max(width - 2, 0)), Math.min(Math.floor(cy), Math.max(height - 2, 0))];
    const [fx, fy] = [cx - i, cy - j];
    const at = j * width + i;
    const right = width > 1 ? 1 : 0;
    const down = height > 1 ? width : 0;
    return (data[at] * (1 - fx) + data[at + right] * fx) * (1 - fy) + (data[at + down] * (1 - fx) + data[at + down + right] * fx) * fy;
  }

  /** The square of pixels around a place, `reach` on each side, row by row into `out`. */
  around(x, y, reach, out) {
    const { width, height, data } = this;
    const [left, top] = [Math.floor(x) - reach, Math.floor(y) - reach];
    const side = 2 * reach + 1;
    if (left < 0 || top < 0 || left + side >= width || top + side >= height) {
      for (let j = -reach, k = 0; j <= reach; j++) {
        for (let i = -reach; i <= reach; i++, k++) out[k] = this.at(x + i, y + j);
      }
      return;
    }
    // Every pixel lies between its neighbours in the same way.
    const [fx, fy] = [x - Math.floor(x), y - Math.floor(y)];
    const [nw, ne, sw, se] = [(1 - fx) * (1 - fy), fx * (1 - fy), (1 - fx) * fy, fx * fy];
    for (let j = 0, k = 0; j < side; j++) {
      for (let i = 0, at = (top + j) * width + left; i < side; i++, k++, at++) {
        out[k] = nw * data[at] + ne * data[at + 1] + sw * data[at + width] + se * data[at + width + 1];
      }
    }
  }

  /** A picture of another size: what lies at (x, y) in it lies where `similarity` brings that here. */
  warped(similarity, width, height) {
    const out = new Picture(width, height);
    const { a, b, dx, dy } = similarity;
    for (let y = 0, k = 0; y < height; y++) {
      for (let x = 0; x < width; x++, k++) out.data[k] = this.at(a * x - b * y + dx, b * x + a * y + dy);
    }
    return out;
  }

  /** Each pixel with its neighbours, 1 2 1 across and down: noise of single pixels goes. */
  smoothed() {
    const { width, height, data } = this;
    const rows = new Float32Array(data.length);
    const out = new Picture(width, height);
    for (let y = 0; y < height; y++) {
      for (let x = 0, k = y * width; x < width; x++, k++) rows[k] = (data[x > 0 ? k - 1 : k] + 2 * data[k] + data[x + 1 < width ? k + 1 : k]) / 4;
    }
    for (let y = 0; y < height; y++) {
      const [up, down] = [y > 0 ? -width : 0, y + 1 < height ? width : 0];
      for (let x = 0, k = y * width; x < width; x++, k++) out.data[k] = (rows[k + up] + 2 * rows[k] + rows[k + down]) / 4;
    }
    return out;
  }

  /** Half as large; the middle of a pixel of it lies at 2 x + 0.5 here. */
  halved() {
    const [width, height] = [Math.max(this.width >> 1, 1), Math.max(this.height >> 1, 1)];
    const out = new Picture(width, height);
    for (let y = 0, k = 0; y < height; y++) {
      for (let x = 0; x < width; x++, k++) {
        const at = 2 * y * this.width + 2 * x;
        const [right, down] = [2 * x + 1 < this.width ? 1 : 0, 2 * y + 1 < this.height ? this.width : 0];
        out.data[k] = (this.data[at] + this.data[at + right] + this.data[at + down] + this.data[at + down + right]) / 4;
      }
    }
    return out;
  }
}

/** The picture and its halves, the largest first. */
export function pyramid(picture, levels) {
  const all = [picture];
  while (all.length < levels && Math.min(all.at(-1).width, all.at(-1).height) >= 16) all.push(all.at(-1).smoothed().halved());
  return all;
}

const GRID = [16, 9];
const TONES = 32;

/** Whether two pictures that follow each other are of two shots: neither their tones nor what lies where is alike. */
export function isCut(one, other) {
  const [a, b] = [outline(one), outline(other)];
  let shared = 0;
  for (let i = 0; i < TONES; i++) shared += Math.min(a.tones[i], b.tones[i]);
  let [sum, difference] = [0, 0];
  const [ma, mb] = [mean(a.cells), mean(b.cells)];
  let [aa, bb] = [1e-6, 1e-6];
  for (let i = 0; i < a.cells.length; i++) {
    sum += (a.cells[i] - ma) * (b.cells[i] - mb);
    aa += (a.cells[i] - ma) ** 2;
    bb += (b.cells[i] - mb) ** 2;
    difference += Math.abs(a.cells[i] - b.cells[i]) / a.cells.length;
  }
  const alike = sum / Math.sqrt(aa * bb);
  return (shared < 0.5 && alike < 0.9) || (alike < 0.3 && difference > 8);
}

const mean = (numbers) => numbers.reduce((sum, n) => sum + n, 0) / numbers.length;

function outline({ width, height, data }) {
  const [columns, rows] = GRID;
  const cells = new Float64Array(columns * rows);
  const counts = new Uint32Array(columns * rows);
  const tones = new Float64Array(TONES);
  for (let y = 0, k = 0; y < height; y++) {
    const row = Math.floor((y * rows) / height) * columns;
    for (let x = 0; x < width; x++, k++) {
      const cell = row + Math.floor((x * columns) / width);
      cells[cell] += data[k];
      counts[cell]++;
      tones[Math.min(Math.max(Math.floor((data[k] * TONES) / 256), 0), TONES - 1)] += 1 / data.length;
    }
  }
  return { cells: cells.map((sum, i) => sum / Math.max(counts[i], 1)), tones };
}
