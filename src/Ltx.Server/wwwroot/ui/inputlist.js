// What a request is made of, as a list to read.

import { ownPath } from "./api.js";
import { h } from "./dom.js";
import { label } from "./schema.js";

/** What the input's fields are called where nothing is to be typed into them. */
const PLAIN = {
  video_url: "Video", mask_video_url: "Mask", video_strength: "How much of the source guides", video_quality: "Quality", video_write_mode: "Encoding",
  num_frames: "Frames", frames_per_second: "Frames a second", num_inference_steps: "Steps", guidance_scale: "Guidance", generate_audio: "Sound",
  enable_prompt_expansion: "Prompt written out", enable_safety_checker: "Safety check",
};

export function inputList(entry, schema) {
  const { input } = entry;
  if (input === null) return h("p", { class: "notice" }, whyNone(entry));
  const rows = schema.order.filter((name) => input[name] !== undefined && name !== "prompt").map((name) => {
    const value = input[name];
    const own = typeof value === "string" && value.startsWith("http") ? ownPath(value) : null;
    const shown = own !== null ? h("a", { href: own, target: "_blank", rel: "noopener" }, own.split("/").at(-1))
      : name === "loras" ? (value.length === 0 ? "none" : value.map((l) => `${String(l.path).split("/").at(-1)} × ${l.scale ?? 1} (${l.transformer ?? "both"})`).join(", "))
      : typeof value === "boolean" ? (value ? "yes" : "no") : typeof value === "string" ? brief(value) : JSON.stringify(value);
    return [h("dt", {}, PLAIN[name] ?? label(name, schema.field(name))), h("dd", {}, shown)];
  });
  return h("dl", { class: "input-list" }, h("dt", {}, "Prompt"), h("dd", {}, input.prompt ?? ""), rows);
}

function whyNone(entry) {
  return entry.payload_deleted
    ? "What this request was made of has been deleted from the server."
    : "The server keeps no input of this request, so it cannot be shown or changed.";
}

/** Listings cut strings after so many characters (RequestListing.cs) and say how many there were; what was cut cannot be sent again. */
const LONGEST = 4096;
const CUT = /\.\.\. \((\d+) characters\)$/;

export function isCut(value) {
  if (typeof value === "string") return value.length > LONGEST && CUT.test(value);
  return value !== null && typeof value === "object" && Object.values(value).some(isCut);
}

/** A data URI by its kind and length. */
export function brief(text) {
  if (!text.startsWith("data:")) return text;
  return `${text.slice(0, text.search(/[;,]/))}, ${Number(CUT.exec(text)?.[1] ?? text.length).toLocaleString("en")} characters`;
}
