// What a source is: its displayed size and the exact times of its frames, read from the container without decoding anything.

import { ALL_FORMATS, BlobSource, EncodedPacketSink, Input, UrlSource } from "../vendor/mediabunny/mediabunny.min.mjs";

/** Packets are stored in decoding order; a frame never comes more than so many packets after one that is shown later. */
const LARGEST_REORDER = 32;

/** The rate is looked for in so many seconds. */
const RATE_SPAN = 2.5;

/** A rate that a camera means is taken for it when it is this near. */
const KNOWN_RATES = [24000 / 1001, 24, 25, 30000 / 1001, 30, 48, 50, 60000 / 1001, 60];

/** The frames of a source, in time. Only the part that is asked for is looked at: an index of gigabytes takes a while in some containers. */
export class SourceVideo {
  #iterator = null;
  #packets = [];
  #ended = false;
  #reading = Promise.resolve();

  /** `from` is a File or an address on this origin. Throws where this is no video that can be read here. */
  static async open(from) {
    const source = new SourceVideo();
    source.input = new Input({ formats: ALL_FORMATS, source: from instanceof Blob ? new BlobSource(from) : new UrlSource(new URL(from, location.origin).href) });
    const track = await source.input.getPrimaryVideoTrack();
    if (track === null) throw new Error("There is no video in this file.");
    source.width = track.displayWidth;
    source.height = track.displayHeight;
    source.rotation = track.rotation;
    source.codec = track.codec;
    // H.264 that stores red, green and blue is taken for something else by browsers: they play it in wrong colours.
    source.isMisread = (await track.getColorSpace()).matrix === "rgb" && track.codec !== "vp9" && track.codec !== "av1";
    source.hasSound = (await source.input.getPrimaryAudioTrack()) !== null;
    // Ticks a second of the container's clock; 0: it has none that is a whole number.
    source.ticks = Number.isInteger(track.timeResolution) && track.timeResolution <= 1_000_000 ? track.timeResolution : 0;
    source.#iterator = new EncodedPacketSink(track).packets(undefined, undefined, { metadataOnly: true });
    source.end = await track.computeDuration({ skipLiveWait: true }).catch(() => null);
    await source.#read(RATE_SPAN);
    // What an edit list cuts off lies before 0: players and ffmpeg begin behind it.
    const first = source.#packets.find((time) => time > -1e-6) ?? source.#packets[0];
    if (first === undefined) throw new Error("There is no frame in this file.");
    source.offset = first;
    source.duration = source.end === null ? null : source.end - source.offset;
    return source;
  }

  /** A source whose frames the server has told: a preview that it made of a file that the browser cannot read. */
  static ofPreview({ width, height, times }) {
    const source = new SourceVideo();
    const step = times.length > 1 ? (times.at(-1) - times[0]) / (times.length - 1) : 1 / 24;
    Object.assign(source, { width, height, rotation: 0, codec: null, isMisread: false, hasSound: null, ticks: 0, offset: times[0] ?? 0 });
    source.#packets = [...times];
    source.#ended = true;
    source.duration = (times.at(-1) ?? 0) - source.offset + step;
    return source;
  }

  /** The times of all frames that begin before `until` seconds, counted from the first frame. */
  async times(until) {
    await this.#read(until);
    return this.#packets.map((time) => time - this.offset).filter((time) => time > -1e-6 && time < until - 1e-9);
  }

  /** Frames a second over the first two seconds or so, snapped to the rates that are meant; and whether the frames are evenly spaced. `open` has read them. */
  async rate() {
    const times = (await this.times(RATE_SPAN)).slice(0, 100);
    if (times.length < 2) return { rate: 24, steady: true };
    const steps = times.slice(1).map((time, i) => time - times[i]);
    const mean = (times.at(-1) - times[0]) / steps.length;
    const measured = 1 / mean;
    const known = KNOWN_RATES.find((rate) => Math.abs(rate - measured) / rate < 0.0008);
    return { rate: known ?? measured, steady: steps.every((step) => Math.abs(step - mean) < mean * 0.1 + 0.0011) };
  }

  close() {
    this.#iterator?.return?.();
    this.input?.dispose?.();
  }

  /** Reads packets until every frame before that time must be among them. Calls wait for each other. */
  #read(until) {
    this.#reading = this.#reading.then(async () => {
      while (!this.#ended && !this.#has(until)) {
        const { value, done } = await this.#iterator.next();
        if (done) this.#ended = true;
        else this.#insert(value.timestamp);
      }
    });
    return this.#reading;
  }

  #has(until) {
    const packets = this.#packets;
    return packets.length > LARGEST_REORDER && packets[packets.length - 1 - LARGEST_REORDER] - packets[0] >= until;
  }

  #insert(time) {
    const packets = this.#packets;
    let at = packets.length;
    while (at > 0 && packets[at - 1] > time) at--;
    packets.splice(at, 0, time);
  }
}

/** Whether this browser shows an own file of the server as it is: else the server's preview is asked for. */
export async function showsRight(path) {
  try {
    const source = await SourceVideo.open(path);
    source.close();
    if (source.isMisread) return false;
  } catch {
    // A container that is not known here may still play.
  }
  return canShow(path);
}

/** Whether this browser decodes the video; resolves when it knows. */
export function canShow(address) {
  return new Promise((resolve) => {
    const probe = document.createElement("video");
    const end = (answer) => {
      probe.removeAttribute("src");
      probe.load();
      resolve(answer);
    };
    probe.muted = true;
    probe.preload = "auto";
    // Sound alone may be playable where the picture is not.
    probe.onloadeddata = () => end(probe.videoWidth > 0);
    probe.onerror = () => end(false);
    probe.src = address;
  });
}
