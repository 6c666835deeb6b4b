// The drawing as a mask video. With WebCodecs it is made here, decoded again and compared with the drawing pixel for pixel; without, or
// where any pixel differs, the server makes it by the same rule (docs/marks.md).

import { BufferTarget, EncodedPacket, EncodedVideoPacketSource, Mp4OutputFormat, Output } from "../vendor/mediabunny/mediabunny.min.mjs";
import { makeMask } from "./api.js";
import { rasterise, stateText } from "./marks/raster.js";
import { upload } from "./upload.js";

/** Black and white of limited-range video, and how far from the middle a decoded pixel must stay to be believed everywhere. */
const BLACK = 16;
const WHITE = 235;
const SURE_BLACK = 60;
const SURE_WHITE = 190;

/** A key frame at least so often: whoever looks into the middle of the mask does not decode all of it. */
const KEY_EVERY = 48;

/** Frames between the encoder and the check. More than any encoder keeps back in its real-time mode. */
const MOST_PENDING = 8;

/** VP9 with quantizer 0 is lossless; the others are taken at a rate at which two tones cannot blur. */
const CODECS = [
  { name: "vp9", codec: "vp09.00.51.08", bitrateMode: "quantizer", options: { vp9: { quantizer: 0 } } },
  { name: "vp9", codec: "vp09.00.51.08", bitrateMode: "variable", options: {} },
  { name: "avc", codec: "avc1.640033", bitrateMode: "variable", options: {} },
];

/**
 * The address of a mask video on the server.
 * @param drawing { width, height, times, marks } as POST /ui/api/masks takes it
 * @param clock { ticks, tail }: the source's ticks a second (0: unknown) and how long the last frame is shown
 * @param say told what is being done and its share, 0 to 1
 */
export async function maskAddress(drawing, clock, { say = () => {}, signal } = {}) {
  const file = await encodeMask(drawing, clock, (share) => say("Making the mask", share), signal);
  if (file !== null) return upload(file, { progress: (share) => say("Sending the mask", share), signal });
  say("The server makes the mask", null);
  return (await makeMask(drawing, signal)).url;
}

/** The mask as a file that was checked, or null where this browser cannot make one. */
export async function encodeMask(drawing, clock, progress = () => {}, signal) {
  if (!("VideoEncoder" in globalThis) || !("VideoDecoder" in globalThis)) return null;
  for (const choice of CODECS) {
    const config = configuration(choice, drawing);
    try {
      if (!(await VideoEncoder.isConfigSupported(config)).supported) continue;
      const file = await encodeWith(choice, config, drawing, clock, progress, signal);
      if (file !== null) return file;
    } catch (error) {
      if (error.name === "AbortError") throw error;
      // This codec does not do it on this machine; another may.
    }
  }
  return null;
}

function configuration({ codec, bitrateMode }, { width, height, times }) {
  const rate = times.length > 1 ? Math.min((times.length - 1) / (times.at(-1) - times[0]), 240) : 24;
  const config = { codec, width, height, bitrateMode, framerate: rate, latencyMode: "realtime" };
  if (bitrateMode !== "quantizer") config.bitrate = Math.min(Math.max(Math.round(width * height * rate), 2_000_000), 80_000_000);
  if (codec.startsWith("avc1")) config.avc = { format: "avc" };
  return config;
}

async function encodeWith({ name, options }, config, { width, height, times, marks }, { ticks, tail }, progress, signal) {
  const target = new BufferTarget();
  const output = new Output({ format: new Mp4OutputFormat({ fastStart: "in-memory" }), target });
  const track = new EncodedVideoPacketSource(name);
  // The source's own ticks: then every time stamp is exactly the source's, however uneven.
  output.addVideoTrack(track, ticks > 0 ? { frameRate: ticks } : {});
  await output.start();

  const pending = new Map(); // time stamp in microseconds -> what is expected of that frame
  let failure = null;
  let differs = false;
  let writing = Promise.resolve();
  let checked = 0;
  // Whoever waits for the other side is woken by what it does.
  let wake = () => {};
  const fail = (error) => {
    failure ??= error;
    wake();
  };
  signal?.addEventListener("abort", () => wake(), { once: true });
  const decoder = new VideoDecoder({
    error: fail,
    output: (frame) => {
      const expected = pending.get(frame.timestamp);
      pending.delete(frame.timestamp);
      writing = writing.then(async () => {
        try {
          differs ||= expected === undefined || !(await isSame(frame, expected.mask, width, height));
        } finally {
          frame.close();
        }
        progress(++checked / times.length);
        wake();
      }).catch(fail);
    },
  });
  const encoder = new VideoEncoder({
    error: fail,
    output: (chunk, about) => {
      const { index } = pending.get(chunk.timestamp);
      if (about?.decoderConfig) decoder.configure({ ...about.decoderConfig, optimizeForLatency: true });
      decoder.decode(chunk);
      const data = new Uint8Array(chunk.byteLength);
      chunk.copyTo(data);
      const duration = (times[index + 1] ?? times[index] + tail) - times[index];
      const packet = new EncodedPacket(data, chunk.type, times[index] - times[0], duration);
      writing = writing.then(() => track.add(packet, about)).catch(fail);
      wake();
    },
  });
  try {
    encoder.configure(config);
    let last = null;
    for (const [index, time] of times.entries()) {
      const text = stateText(marks, time);
      if (text !== last?.text) last = { text, mask: rasterise(marks, width, height, time), picture: null };
      last.picture ??= pictureOf(last.mask, width, height);
      const timestamp = Math.round(time * 1e6);
      pending.set(timestamp, { index, mask: last.mask });
      const frame = new VideoFrame(last.picture, {
        format: "I420", codedWidth: width, codedHeight: height, timestamp,
        colorSpace: { primaries: "bt709", transfer: "bt709", matrix: "bt709", fullRange: false },
      });
      encoder.encode(frame, { ...options, keyFrame: index % KEY_EVERY === 0 });
      frame.close();
      // The page stays alive, and the other side catches up: memory holds a handful of frames, however long the clip.
      await turn();
      while (failure === null && !differs && !signal?.aborted && pending.size > MOST_PENDING) await new Promise((resolve) => (wake = resolve));
      if (failure !== null || differs || signal?.aborted) break;
    }
    signal?.throwIfAborted();
    if (failure === null && !differs) {
      await encoder.flush();
      await decoder.flush();
      await writing;
    }
    if (failure !== null) throw failure;
    if (differs || checked !== times.length) return null;
    await output.finalize();
    return new File([target.buffer], "mask.mp4", { type: "video/mp4" });
  } finally {
    if (encoder.state !== "closed") encoder.close();
    if (decoder.state !== "closed") decoder.close();
    if (output.state !== "finalized") await output.cancel().catch(() => {});
  }
}

/** Lets events be handled. Not by a timer: those are slowed down in a tab that is not looked at. */
const turn = () => new Promise((resolve) => {
  const { port1, port2 } = new MessageChannel();
  port1.onmessage = () => {
    port1.close();
    resolve();
  };
  port2.postMessage(null);
});

/** Luma from the mask, chroma neutral. */
function pictureOf(mask, width, height) {
  const chroma = ((width + 1) >> 1) * ((height + 1) >> 1);
  const picture = new Uint8Array(width * height + 2 * chroma);
  for (let i = 0; i < mask.length; i++) picture[i] = mask[i] === 0 ? BLACK : WHITE;
  return picture.fill(128, width * height);
}

async function isSame(frame, mask, width, height) {
  const { displayWidth, displayHeight, visibleRect } = frame;
  if (displayWidth !== width || displayHeight !== height || !["I420", "NV12", "I420A", "I422", "I444"].includes(frame.format)) return false;
  const buffer = new Uint8Array(frame.allocationSize({ rect: visibleRect }));
  const [luma] = await frame.copyTo(buffer, { rect: visibleRect });
  for (let y = 0; y < height; y++) {
    const from = luma.offset + y * luma.stride;
    for (let x = 0; x < width; x++) {
      const value = buffer[from + x];
      if (mask[y * width + x] === 0 ? value > SURE_BLACK : value < SURE_WHITE) return false;
    }
  }
  return true;
}
