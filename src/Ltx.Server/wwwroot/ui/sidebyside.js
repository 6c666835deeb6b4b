// Source and result beside each other as one MP4, made in the browser.

import { BufferTarget, CanvasSource, Mp4OutputFormat, Output, QUALITY_HIGH } from "../vendor/mediabunny/mediabunny.min.mjs";
import { announce, h, icon } from "./dom.js";

/** Whether this browser can make one. */
export const canMake = () => "VideoEncoder" in globalThis;

/**
 * @param show told a frame's number, resolves when it is drawn on the canvas
 * @param progress told the share that is done
 */
export async function sideBySide(canvas, frames, fps, show, { progress = () => {}, signal } = {}) {
  const target = new BufferTarget();
  const output = new Output({ format: new Mp4OutputFormat({ fastStart: "in-memory" }), target });
  // Both sides of H.264 are even.
  const even = Object.assign(document.createElement("canvas"), { width: canvas.width & ~1, height: canvas.height & ~1 });
  const context = even.getContext("2d");
  const track = new CanvasSource(even, { codec: "avc", bitrate: QUALITY_HIGH });
  output.addVideoTrack(track, { frameRate: fps });
  try {
    await output.start();
    for (let frame = 0; frame < frames; frame++) {
      signal?.throwIfAborted();
      await show(frame);
      context.drawImage(canvas, 0, 0);
      await track.add(frame / fps, 1 / fps);
      progress((frame + 1) / frames);
    }
    await output.finalize();
    return new File([target.buffer], "side-by-side.mp4", { type: "video/mp4" });
  } finally {
    if (output.state !== "finalized") await output.cancel().catch(() => {});
  }
}

/** A button that makes it of what is compared, and lets it be kept. */
export function exportButton(compare, signal) {
  const caption = h("span", {}, "Side by side (MP4)");
  return h("button", { type: "button", class: "quiet", title: "Source and result beside each other, as one MP4", onclick: async (event) => {
    const button = event.currentTarget;
    button.disabled = true;
    try {
      const file = await compare.export((share) => (caption.textContent = `${Math.round(100 * share)} %`), signal);
      const link = h("a", { href: URL.createObjectURL(file), download: file.name });
      link.click();
      setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
    } catch (error) {
      if (error.name !== "AbortError") announce(`It cannot be made: ${error.message}`);
    } finally {
      button.disabled = false;
      caption.textContent = "Side by side (MP4)";
    }
  } }, icon("download"), caption);
}
