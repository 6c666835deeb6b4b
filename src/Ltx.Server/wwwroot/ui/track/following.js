// A mark follows its subject through the source: the frames are shown one after another and looked at, and the mark gets its keyframes.

import { boxOf, editKey, keyAt, thinned, toFrame } from "../marks/geometry.js";
import { isInside } from "../marks/raster.js";
import { Picture } from "./picture.js";
import { STILL } from "./similarity.js";
import { track } from "./tracker.js";

/** Frames are looked at in this width: motion is seen in it as well as in a larger one. */
const WIDEST = 480;

/** Keyframes that lie so near to the way between others are left out, as a share of the source's width. */
const TOLERANCE = 0.002;

/**
 * Shapes, which follow one subject together, with keyframes from the frame that is shown, forwards or backwards, as far as the request goes.
 * @param stage the source; it shows every frame that is looked at
 * @param direction 1 or -1
 * @param show told the shapes as far as they have come, and how many frames they were followed through
 * @returns { shapes, why, index }: why it ended, as the tracker says or "stopped", and the frame at which it did
 */
export async function followed(shapes, stage, direction, { signal, show }) {
  const { player, source } = stage;
  const start = player.index;
  const count = direction > 0 ? stage.coveredFrames - start : start + 1;
  const look = looker(stage.video, source.width, source.height);
  const own = shapes.map((shape) => keyAt(shape, player.times[start]));
  const pictureAt = async (i) => {
    await player.show(start + direction * i);
    return look.picture();
  };
  const places = [{ time: player.times[start], motion: { kind: "carry", ...STILL }, hidden: false }];
  const build = () => shapes.map((shape, i) => {
    const keyed = places.map((place) => ({ ...place, key: editKey(shape.type, own[i], place.motion) }));
    return withPlaces(shape, keyed, direction, source.width * TOLERANCE);
  });
  const steps = track(count, pictureAt, markOf(shapes, own, look));
  for (;;) {
    const { value, done } = await steps.next();
    if (signal.aborted) return { shapes: build(), why: "stopped", index: start + direction * (places.length - 1) };
    if (done) {
      // What was carried on and never seen again is no place.
      places.length = Math.min(places.length, value.at);
      return { shapes: build(), why: value.why, index: start + direction * value.at };
    }
    const { index, similarity, hidden } = value;
    places[index] = { time: player.times[start + direction * index], motion: { kind: "carry", ...look.inSource(similarity) }, hidden };
    show(build(), index);
  }
}

/** The video's picture in grey, small; and ways between its pixels and the source's. */
function looker(video, sourceWidth, sourceHeight) {
  const width = Math.min(sourceWidth, WIDEST);
  const scale = width / sourceWidth;
  const height = Math.max(Math.round(sourceHeight * scale), 1);
  const canvas = Object.assign(document.createElement("canvas"), { width, height });
  const context = canvas.getContext("2d", { willReadFrequently: true });
  return {
    width, height,
    picture() {
      context.drawImage(video, 0, 0, width, height);
      const { data } = context.getImageData(0, 0, width, height);
      const picture = new Picture(width, height);
      for (let k = 0; k < picture.data.length; k++) picture.data[k] = 0.299 * data[4 * k] + 0.587 * data[4 * k + 1] + 0.114 * data[4 * k + 2];
      return picture;
    },
    // A mark counts from the corner of the upper left pixel, a picture from its middle.
    toPicture: ([x, y]) => [x * scale - 0.5, y * scale - 0.5],
    fromPicture: ([x, y]) => [(x + 0.5) / scale, (y + 0.5) / scale],
    inSource: ({ a, b, dx, dy }) => ({ a, b, dx: (0.5 - 0.5 * a + 0.5 * b + dx) / scale, dy: (0.5 - 0.5 * a - 0.5 * b + dy) / scale }),
  };
}

/** The marks as the tracker has them: the part of them that lies in the picture. What erases is no part of the subject. */
function markOf(shapes, keys, look) {
  const all = shapes.map((shape, i) => ({ type: shape.type, key: keys[i], erase: shape.erase ?? false }));
  const some = all.some(({ erase }) => !erase) ? all.filter(({ erase }) => !erase) : all;
  const corners = some.flatMap(({ type, key }) => {
    const box = boxOf(type, key);
    return [[-1, -1], [1, -1], [1, 1], [-1, 1]].map(([u, v]) => look.toPicture(toFrame(box, u * box.rx, v * box.ry)));
  });
  const [xs, ys] = [corners.map(([x]) => x), corners.map(([, y]) => y)];
  const within = (value, most) => Math.min(Math.max(value, 0), most);
  return {
    box: {
      left: within(Math.min(...xs), look.width - 2), right: within(Math.max(...xs), look.width - 1),
      top: within(Math.min(...ys), look.height - 2), bottom: within(Math.max(...ys), look.height - 1),
    },
    isInside: (x, y) => some.some(({ type, key }) => isInside(type, key, ...look.fromPicture([x, y]))),
  };
}

/** The shape with these places in place of the keyframes that it had there. */
function withPlaces(shape, places, direction, tolerance) {
  const ordered = direction > 0 ? places : [...places].reverse();
  const [first, last] = [ordered[0].time, ordered.at(-1).time];
  const others = (times) => times < first - 1e-6 || times > last + 1e-6;
  const keys = thinned(shape.type, ordered.map(({ time, key }) => ({ ...key, time })), tolerance);
  const unsure = (shape.unsure ?? []).filter(([from, to]) => to < first || from > last);
  for (const { time, hidden } of ordered) {
    if (!hidden) continue;
    const before = ordered[ordered.findIndex((place) => place.time === time) - 1];
    if (before?.hidden && unsure.length > 0) unsure.at(-1)[1] = time;
    else unsure.push([time, time]);
  }
  const { unsure: _, ...rest } = shape;
  const made = { ...rest, keys: [...shape.keys.filter((key) => others(key.time)), ...keys].sort((a, b) => a.time - b.time) };
  return unsure.length > 0 ? { ...made, unsure } : made;
}

