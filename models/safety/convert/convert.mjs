// Converts the mobilenet_v2 model of the npm package nsfwjs into ../mobilenet_v2.safetensors.
//   npm ci --legacy-peer-deps && node convert.mjs
// The package stores every tensor as bytes with a scale and a minimum; so does the file made here, with nothing rounded:
// "<layer>.<tensor>" holds the bytes, "<layer>.<tensor>_range" [scale, minimum] in float64, value = byte * scale + minimum.
// Kernels are turned from the package's order into libtorch's: [H, W, in, out] -> [out, in, H, W], of depthwise ones
// [H, W, channels, 1] -> [channels, 1, H, W], of dense ones [in, out] -> [out, in, 1, 1], as they are convolutions of one pixel.
import { createHash } from "node:crypto";
import { copyFileSync, readFileSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";

const here = import.meta.dirname;
const require = createRequire(import.meta.url);
const source = join(here, "node_modules", "nsfwjs");
const { version, license } = JSON.parse(readFileSync(join(source, "package.json")));
const modelFile = join(source, "dist", "models", "mobilenet_v2", "model.min.js");
const weightsFile = join(source, "dist", "models", "mobilenet_v2", "group1-shard1of1.min.js");
const model = require(modelFile);
const weights = Buffer.from(require(weightsFile), "base64");

/** Bytes of a row-major tensor in another order of its dimensions. */
function permute(bytes, shape, order) {
  const strides = shape.map((_, i) => shape.slice(i + 1).reduce((a, b) => a * b, 1));
  const target = order.map((d) => shape[d]);
  const result = Buffer.alloc(bytes.length);
  const index = target.map(() => 0);
  for (let at = 0; at < result.length; at++) {
    result[at] = bytes[index.reduce((sum, i, d) => sum + i * strides[order[d]], 0)];
    for (let d = index.length - 1; d >= 0 && ++index[d] === target[d]; d--) index[d] = 0;
  }
  return [result, target];
}

function turn(name, bytes, shape) {
  if (name.endsWith("/depthwise_kernel")) return permute(bytes, shape, [2, 3, 0, 1]);
  if (!name.endsWith("/kernel")) return [bytes, shape];
  return shape.length === 4 ? permute(bytes, shape, [3, 2, 0, 1]) : permute(bytes, [...shape, 1, 1], [1, 0, 2, 3]);
}

const tensors = [];
let offset = 0;
for (const group of model.weightsManifest) {
  for (const { name, shape, quantization } of group.weights) {
    if (quantization?.dtype !== "uint8") throw new Error(`${name} is not stored as bytes`);
    const size = shape.reduce((a, b) => a * b, 1);
    const [bytes, turned] = turn(name, weights.subarray(offset, offset + size), shape);
    offset += size;
    const own = name.replace("/depthwise_kernel", ".kernel").replace("/", ".");
    const range = Buffer.alloc(16);
    range.writeDoubleLE(quantization.scale, 0);
    range.writeDoubleLE(quantization.min, 8);
    tensors.push({ name: own, dtype: "U8", shape: turned, data: bytes }, { name: `${own}_range`, dtype: "F64", shape: [2], data: range });
  }
}
if (offset !== weights.length) throw new Error(`${weights.length - offset} bytes of the weights belong to no tensor`);

// The larger type first, so that every tensor lies where its type wants it.
tensors.sort((a, b) => (a.dtype === b.dtype ? (a.name < b.name ? -1 : 1) : a.dtype === "F64" ? -1 : 1));
const header = { __metadata__: { source: `npm nsfwjs ${version}, mobilenet_v2`, license, classes: "Drawing,Hentai,Neutral,Porn,Sexy" } };
let end = 0;
for (const { name, dtype, shape, data } of tensors) header[name] = { dtype, shape, data_offsets: [end, (end += data.length)] };
const text = Buffer.from(JSON.stringify(header));
const json = Buffer.concat([text, Buffer.alloc((8 - (text.length % 8)) % 8, " ")]);
const length = Buffer.alloc(8);
length.writeBigUInt64LE(BigInt(json.length));
const file = Buffer.concat([length, json, ...tensors.map((t) => t.data)]);
writeFileSync(join(here, "..", "mobilenet_v2.safetensors"), file);
copyFileSync(join(source, "LICENSE"), join(here, "..", "LICENSE"));

const sha256 = (bytes) => createHash("sha256").update(bytes).digest("hex");
console.log(`model.min.js              sha256 ${sha256(readFileSync(modelFile))}`);
console.log(`group1-shard1of1.min.js   sha256 ${sha256(readFileSync(weightsFile))}`);
console.log(`mobilenet_v2.safetensors  sha256 ${sha256(file)}  ${file.length} bytes, ${tensors.length} tensors`);
