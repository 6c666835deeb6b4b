// The drawing's shapes at a time, and edits of their keys. What the mask depends on (`shapeAt`) follows docs/marks.md to the letter;
// the rest is for the hand that draws.

/** Two times closer than this are the same frame's. */
const SAME_TIME = 1e-6;

/** The numbers of a key, without its time, at `time`; null where the shape is not there. */
export function shapeAt(shape, time) {
  if ((shape.from ?? null) !== null && time < shape.from) return null;
  if ((shape.to ?? null) !== null && time >= shape.to) return null;
  return keyAt(shape, time);
}

/** As `shapeAt`, whether or not the shape is there at that time. */
export function keyAt(shape, time) {
  const keys = shape.keys;
  let index = keys.length - 1;
  while (index > 0 && keys[index].time > time) index--;
  const a = keys[index];
  const b = keys[index + 1];
  if (b === undefined || time <= a.time) return a;
  const f = (time - a.time) / (b.time - a.time);
  const between = (x, y) => x + (y - x) * f;
  if (shape.type === "polygon" || shape.type === "brush") {
    const state = { points: a.points.map((p, i) => [between(p[0], b.points[i][0]), between(p[1], b.points[i][1])]) };
    if (shape.type === "brush") state.radius = between(a.radius, b.radius);
    return state;
  }
  const state = {};
  for (const name of ["x", "y", "rx", "ry", "cos", "sin"]) state[name] = between(a[name], b[name]);
  if (state.cos === 0 && state.sin === 0) {
    state.cos = a.cos;
    state.sin = a.sin;
  }
  return state;
}

/** The box that handles are put on: middle, half sizes, direction. Polygons and brush lines have an upright one. */
export function boxOf(type, state) {
  if (type === "rect" || type === "ellipse") {
    const n = Math.sqrt(state.cos * state.cos + state.sin * state.sin);
    return { x: state.x, y: state.y, rx: state.rx, ry: state.ry, cos: state.cos / n, sin: state.sin / n };
  }
  const around = type === "brush" ? state.radius : 0;
  const xs = state.points.map((p) => p[0]);
  const ys = state.points.map((p) => p[1]);
  const [left, right] = [Math.min(...xs) - around, Math.max(...xs) + around];
  const [top, bottom] = [Math.min(...ys) - around, Math.max(...ys) + around];
  return { x: (left + right) / 2, y: (top + bottom) / 2, rx: Math.max((right - left) / 2, 0.5), ry: Math.max((bottom - top) / 2, 0.5), cos: 1, sin: 0 };
}

/** From the frame's pixels into the box's own, and back. */
export function toLocal(box, x, y) {
  const [dx, dy] = [x - box.x, y - box.y];
  return [dx * box.cos + dy * box.sin, dy * box.cos - dx * box.sin];
}

export function toFrame(box, u, v) {
  return [box.x + u * box.cos - v * box.sin, box.y + u * box.sin + v * box.cos];
}

/** To thousandths of a pixel: finer than any hand, and the document stays small. */
export const rounded = (value) => Math.round(value * 1000) / 1000;
const roundedDirection = (value) => Math.round(value * 1e9) / 1e9;

/**
 * One edit of a key's numbers, without its time.
 * { kind: "move", dx, dy } · { kind: "box", from, to } · { kind: "turn", angle } · { kind: "point", index, dx, dy }
 */
export function editKey(type, key, edit) {
  const round = type === "rect" || type === "ellipse";
  switch (edit.kind) {
    case "move":
      return round
        ? { ...key, x: rounded(key.x + edit.dx), y: rounded(key.y + edit.dy) }
        : { ...key, points: key.points.map(([x, y]) => [rounded(x + edit.dx), rounded(y + edit.dy)]) };
    case "box": {
      const own = boxOf(type, key);
      const [sx, sy] = [edit.to.rx / edit.from.rx, edit.to.ry / edit.from.ry];
      const target = { ...own, x: own.x + edit.to.x - edit.from.x, y: own.y + edit.to.y - edit.from.y };
      if (round) {
        return { ...key, x: rounded(target.x), y: rounded(target.y), rx: Math.max(rounded(own.rx * sx), 0.5), ry: Math.max(rounded(own.ry * sy), 0.5) };
      }
      const scaled = {
        ...key,
        points: key.points.map(([x, y]) => {
          const [u, v] = toLocal(own, x, y);
          return toFrame(target, u * sx, v * sy).map(rounded);
        }),
      };
      if (type === "brush") scaled.radius = Math.max(rounded(key.radius * Math.sqrt(sx * sy)), 0.5);
      return scaled;
    }
    case "turn": {
      const [cos, sin] = [Math.cos(edit.angle), Math.sin(edit.angle)];
      if (round) {
        const box = boxOf(type, key);
        return { ...key, cos: roundedDirection(box.cos * cos - box.sin * sin), sin: roundedDirection(box.cos * sin + box.sin * cos) };
      }
      const own = boxOf(type, key);
      return { ...key, points: key.points.map(([x, y]) => toFrame({ ...own, cos, sin }, x - own.x, y - own.y).map(rounded)) };
    }
    case "point":
      return { ...key, points: key.points.map(([x, y], i) => (i === edit.index ? [rounded(x + edit.dx), rounded(y + edit.dy)] : [x, y])) };
    default:
      throw new Error(`There is no edit of the kind ${edit.kind}.`);
  }
}

/** The shape after an edit at `time`: a key is set there, or every key is edited when the whole path is meant. */
export function editShape(shape, time, edit, wholePath) {
  if (wholePath) return { ...shape, keys: shape.keys.map((key) => ({ ...editKey(shape.type, key, edit), time: key.time })) };
  return withKey(shape, time, editKey(shape.type, keyAt(shape, time), edit));
}

/** The shape with these numbers at `time`, in place of a key that is there already. */
export function withKey(shape, time, numbers) {
  const keys = shape.keys.filter((key) => Math.abs(key.time - time) > SAME_TIME);
  keys.push({ ...numbers, time });
  keys.sort((a, b) => a.time - b.time);
  return { ...shape, keys };
}

/** The shape without its key at `time`; the last key stays. */
export function withoutKey(shape, time) {
  const keys = shape.keys.filter((key) => Math.abs(key.time - time) > SAME_TIME);
  return keys.length === 0 ? shape : { ...shape, keys };
}

export function hasKeyAt(shape, time) {
  return shape.keys.some((key) => Math.abs(key.time - time) <= SAME_TIME);
}

/** The new shape of a tool, `size` pixels wide and high around a point. */
export function newShape(type, id, time, x, y, width, height, radius) {
  const [rx, ry] = [Math.max(rounded(width / 2), 0.5), Math.max(rounded(height / 2), 0.5)];
  const [cx, cy] = [rounded(x), rounded(y)];
  const numbers =
    type === "polygon" ? { points: [[cx, rounded(y - ry)], [rounded(x + rx), cy], [cx, rounded(y + ry)], [rounded(x - rx), cy]] }
    : type === "brush" ? { points: [[cx, cy]], radius: Math.max(rounded(radius), 0.5) }
    : { x: cx, y: cy, rx, ry, cos: 1, sin: 0 };
  return { id, type, keys: [{ time, ...numbers }] };
}

/** A line's points without those that lie within `tolerance` of the line through the others (Ramer, Douglas, Peucker). */
export function simplified(points, tolerance) {
  if (points.length < 3) return points.map((p) => p.map(rounded));
  const keep = new Set([0, points.length - 1]);
  const open = [[0, points.length - 1]];
  while (open.length > 0) {
    const [first, last] = open.pop();
    let [worst, at] = [tolerance, -1];
    for (let i = first + 1; i < last; i++) {
      const distance = distanceToSegment(points[i], points[first], points[last]);
      if (distance > worst) [worst, at] = [distance, i];
    }
    if (at >= 0) {
      keep.add(at);
      open.push([first, at], [at, last]);
    }
  }
  return points.filter((_, i) => keep.has(i)).map((p) => p.map(rounded));
}

export function distanceToSegment([px, py], [ax, ay], [bx, by]) {
  const [ex, ey] = [bx - ax, by - ay];
  const length = ex * ex + ey * ey;
  const f = length === 0 ? 0 : Math.min(Math.max(((px - ax) * ex + (py - ay) * ey) / length, 0), 1);
  return Math.hypot(px - ax - f * ex, py - ay - f * ey);
}

/** What a shape is called in lists and announcements: its kind and its number among its kind. */
export function shapeName(shapes, index) {
  const kind = (s) => (s.type === "brush" ? (s.erase ? "Eraser" : "Brush") : { rect: "Rectangle", ellipse: "Ellipse", polygon: "Polygon" }[s.type]);
  const name = kind(shapes[index]);
  return `${name} ${shapes.slice(0, index + 1).filter((s) => kind(s) === name).length}`;
}
