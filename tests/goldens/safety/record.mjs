// Records what the npm package nsfwjs itself says of 30 pictures: pictures.safetensors holds them ("picture.<n>", RGB [H, W, 3]) and its
// probabilities ("probabilities" [30, 5], in the order of the package's classes).
//   npm ci --ignore-scripts && node record.mjs
// The pictures are frames of tests/scenes (scaled by ffmpeg), and ones drawn here: gradients, noise, shapes, textures, of many sizes.
import { execFileSync } from "node:child_process";
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import * as tf from "@tensorflow/tfjs";
import { load } from "nsfwjs/core";
import { MobileNetV2Model } from "nsfwjs/models/mobilenet_v2";

const here = import.meta.dirname;
const classes = ["Drawing", "Hentai", "Neutral", "Porn", "Sexy"];

/** A picture from a function of x and y that gives a colour. */
function draw(width, height, colour) {
  const data = Buffer.alloc(width * height * 3);
  for (let y = 0; y < height; y++) for (let x = 0; x < width; x++) data.set(colour(x, y).map((v) => Math.max(0, Math.min(255, v | 0))), (y * width + x) * 3);
  return { width, height, data };
}

/** Numbers from 0 to 255 that only depend on the seed (a linear congruential generator). */
function noise(seed) {
  let state = seed >>> 0;
  return () => (state = (Math.imul(state, 1664525) + 1013904223) >>> 0) >>> 24;
}

const scenes = join(here, "..", "..", "scenes");
const frame = (scene, kind, time, width, height) => ({
  width, height,
  data: execFileSync("ffmpeg", ["-v", "error", "-ss", String(time), "-i", join(scenes, scene, `${kind}.mp4`), "-frames:v", "1", "-vf", `scale=${width}:${height}`, "-pix_fmt", "rgb24", "-f", "rawvideo", "-"]),
});

const names = readdirSync(scenes).filter((name) => /^\d+$/.test(name)).sort();
const pictures = names.map((name, i) => frame(name, i % 2 ? "target" : "source", i * 0.1, 96 + 12 * i, 64 + 8 * i));
pictures.push(frame(names[0], "source", 0.5, 224, 224), frame(names[1], "target", 0.3, 384, 256));

const any = (seed) => { const next = noise(seed); return () => [next(), next(), next()]; };
const disc = (x, y, cx, cy, r) => (x - cx) ** 2 + (y - cy) ** 2 < r * r;
pictures.push(
  draw(64, 48, () => [0, 0, 0]),
  draw(80, 60, () => [224, 172, 140]),
  draw(130, 33, (x) => [x * 2, 255 - x * 2, 128]),
  draw(120, 90, any(1)),
  draw(224, 224, (() => { const next = noise(2); return () => { const v = next(); return [v, v, v]; }; })()),
  draw(100, 100, (x, y) => ((x >> 3) + (y >> 3)) % 2 ? [250, 250, 250] : [10, 10, 10]),
  draw(140, 100, (x, y) => disc(x, y, 70, 50, 35) ? [220, 30, 30] : [30, 90, 160]),
  draw(96, 128, (x, y) => disc(x, y, 48, 40, 28) ? [236, 188, 160] : disc(x, y, 48, 120, 46) ? [60, 80, 150] : [200, 210, 220]),
  draw(128, 96, (x, y) => [190 + 40 * Math.sin(x / 17) + 20 * Math.sin(y / 9), 140 + 30 * Math.sin(x / 17) + 20 * Math.sin(y / 9), 115 + 25 * Math.sin(x / 17)]),
  draw(150, 84, (x, y) => y < 40 ? [120, 170, 235 - y] : [60 + (x * 7 + y * 13) % 40, 120 + (x * 3 + y * 11) % 50, 50]),
  draw(300, 40, (x) => [(x * 37) % 256, (x * 11) % 256, (x * 5) % 256]),
  draw(40, 30, (x, y) => [x * 6, y * 8, (x ^ y) * 4]),
  draw(112, 112, (x, y) => [127 + 120 * Math.sin(x * y / 200), 127 + 120 * Math.cos(x / 5), 127 + 120 * Math.sin(y / 7)]),
  draw(2, 2, (x, y) => [255 * x, 255 * y, 128]),
  draw(200, 120, (x, y) => (x % 40 < 3 || y % 30 < 3) ? [20, 20, 20] : [235, 225, 200]),
  draw(90, 160, (x, y) => disc(x, y, 45, 50, 26) || disc(x, y, 45, 110, 38) ? [205 - y / 4, 150 - y / 5, 120 - y / 6] : [70, 20 + y / 4, 40]),
  draw(225, 223, (x, y) => [x + y - 200, 255 - x, (x * y) >> 8]),
);
// Patterns without meaning that the model takes for Hentai, Porn and Sexy: noise, climbed up the model's own gradient. Without them three
// classes of the table would stand near zero in every row.
const strong = readFileSync(join(here, "strong.rgb"));
for (let i = 0; i < 3; i++) pictures.push({ width: 56, height: 56, data: strong.subarray(i * 56 * 56 * 3, (i + 1) * 56 * 56 * 3) });
if (pictures.length !== 30) throw new Error(`${pictures.length} pictures`);

await tf.setBackend("cpu");
const model = await load("MobileNetV2", { modelDefinitions: [MobileNetV2Model] });
const probabilities = Buffer.alloc(pictures.length * 5 * 4);
const tensors = [];
for (const [i, { width, height, data }] of pictures.entries()) {
  const image = tf.tensor3d(new Int32Array(data), [height, width, 3], "int32");
  const said = await model.classify(image, 5);
  image.dispose();
  classes.forEach((name, c) => probabilities.writeFloatLE(said.find((s) => s.className === name).probability, (i * 5 + c) * 4));
  console.log(`${i}  ${width}x${height}  ${said.map((s) => `${s.className} ${s.probability.toFixed(4)}`).join("  ")}`);
  tensors.push({ name: `picture.${i}`, dtype: "U8", shape: [height, width, 3], data });
}
tensors.unshift({ name: "probabilities", dtype: "F32", shape: [pictures.length, 5], data: probabilities });

const header = { __metadata__: { source: `npm nsfwjs ${JSON.parse(readFileSync(join(here, "node_modules", "nsfwjs", "package.json"))).version}, mobilenet_v2, on tfjs ${tf.version.tfjs} (cpu)`, classes: classes.join(",") } };
let end = 0;
for (const { name, dtype, shape, data } of tensors) header[name] = { dtype, shape, data_offsets: [end, (end += data.length)] };
const text = Buffer.from(JSON.stringify(header));
const json = Buffer.concat([text, Buffer.alloc((8 - (text.length % 8)) % 8, " ")]);
const length = Buffer.alloc(8);
length.writeBigUInt64LE(BigInt(json.length));
writeFileSync(join(here, "pictures.safetensors"), Buffer.concat([length, json, ...tensors.map((t) => t.data)]));
