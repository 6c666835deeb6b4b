// What the names of a data set's files mean: the rules of the server (DataSetLayout, DataSetReader of Ltx.Training), sentence by sentence, so
// that a person knows before gigabytes are sent. A test compares both. No DOM.

/** What can be trained, as the last part of the trainers' addresses. */
export const KINDS = {
  inpaint: { title: "Inpaint: what belongs under a mask", hasMask: true, files: "NAME.mp4 and its mask NAME_mask.png (or a video)" },
  v2v: {
    title: "Video to video: what a clip becomes", hasReference: true,
    files: "NAME_start.mp4, what it is made from, and NAME_end.mp4, what it becomes",
  },
  "v2v-masked": {
    title: "Video to video under a mask", hasMask: true, hasReference: true,
    files: "NAME_start.mp4, what it is made from, NAME_end.mp4, what it becomes, and NAME_mask.png (or a video)",
  },
  outpaint: { title: "Outpaint: what belongs around a rectangle", files: "NAME.mp4, a clip of the whole canvas" },
  t2v: { title: "Text to video: what words mean", needsCaption: true, files: "NAME.mp4 with its caption NAME.txt" },
  i2v: { title: "Image to video: what a first frame becomes", needsCaption: true, files: "NAME.mp4 with its caption NAME.txt" },
};

const SUFFIXES = [["_mask", "mask"], ["_start", "reference"], ["_ref", "reference"], ["_end", "target"]];
const VIDEOS = [".mp4", ".mov", ".webm", ".mkv", ".avi"];
const PICTURES = [".png", ".jpg", ".jpeg", ".bmp", ".webp"];
const LEAVINGS = ["__macosx", "thumbs.db", "desktop.ini"];

/** Whether no person made the file: what systems put beside a person's files. */
export const isLeaving = (name) => name.split("/").some((part) => part.startsWith(".") || LEAVINGS.includes(part.toLowerCase()));

/** A name as it stands in sentences. */
export function quoted(name) {
  const shown = name.length <= 120 ? name : `...${name.slice(-120)}`;
  return `"${shown.replace(/[\u0000-\u001f\u007f-\u009f\ud800-\udfff]/g, "?")}"`;
}

/**
 * The clips of a data set and what is not used of it. A file: { name, size, caption } with `caption` { problem, isEmpty } of a text that was
 * looked into. Returns { clips: [{ name, parts: { target, reference, mask, caption }, note }], refused: [{ name, reason }], problem }, where
 * `problem` is why nothing of it can be used, or null.
 */
export function judge(all, kind, trigger = "") {
  const layout = KINDS[kind];
  const files = all.filter((file) => !isLeaving(file.name)).map(described).sort((a, b) => compare(a.name, b.name));
  const refused = [];
  const clips = [];
  for (const [name, parts] of grouped(files, kind, refused)) {
    try {
      clips.push(judged(name, parts, layout, kind, trigger.trim()));
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      refused.push({ name, reason: error.message });
    }
  }
  refused.sort((a, b) => compare(a.name, b.name));
  return { clips, refused, problem: clips.length === 0 ? nothingLeft(refused) : mixed(clips) };
}

class Refusal extends Error {}

function described(file) {
  const point = file.name.lastIndexOf(".");
  const hasEnding = point > file.name.lastIndexOf("/") && point < file.name.length - 1;
  const ending = hasEnding ? file.name.slice(point).toLowerCase() : "";
  return {
    file, name: file.name, stem: hasEnding ? file.name.slice(0, point) : file.name.replace(/\.$/, ""), isText: ending === ".txt",
    isPicture: PICTURES.includes(ending), isMedia: PICTURES.includes(ending) || VIDEOS.includes(ending),
  };
}

/** [clip, { part: [files] }] of all that have a target, in the order of their names. */
function grouped(files, kind, refused) {
  const stems = new Set(files.filter((file) => file.isMedia).map((file) => fold(file.stem)));
  const refuse = ({ name }, reason) => refused.push({ name, reason });
  const clips = new Map();
  for (const file of files) {
    const [clip, part] = file.isText ? [file.stem, "caption"] : place(file.stem, stems, KINDS[kind]);
    if (!file.isMedia && !file.isText) refuse(file, "The file is neither a video nor a picture nor a caption, by its ending.");
    else if (part === null) refuse(file, `The file is named as a mask or as one of a pair of ${quoted(clip)}, which ${kind} does not have.`);
    else {
      if (!clips.has(clip)) clips.set(clip, {});
      (clips.get(clip)[part] ??= []).push(file);
    }
  }
  const whole = [];
  for (const [name, parts] of [...clips].sort(([a], [b]) => compare(a, b))) {
    if (parts.target) whole.push([name, parts]);
    else for (const [part, strays] of Object.entries(parts)) {
      for (const stray of strays) refuse(stray, `The ${part} belongs to no clip: ${quoted(name)} has no target.`);
    }
  }
  return whole;
}

/** Which clip a video or picture belongs to, and as what; null where it is one of another kind of training. */
function place(stem, stems, { hasMask = false, hasReference = false }) {
  for (const [suffix, part] of SUFFIXES) {
    if (!stem.toLowerCase().endsWith(suffix)) continue;
    const clip = stem.slice(0, -suffix.length);
    if (clip === "" || clip.endsWith("/")) continue;
    const isMask = part === "mask";
    if (isMask ? hasMask : hasReference) return [clip, part];
    // One that happens to be called so is a clip like any other; one that stands beside what it would belong to is not meant to be learned.
    const isOwned = [clip, `${clip}_start`, `${clip}_end`].some((owner) => fold(owner) !== fold(stem) && stems.has(fold(owner)));
    return isOwned && (isMask || !hasMask) ? [clip, null] : [stem, "target"];
  }
  return [stem, "target"];
}

function judged(name, parts, layout, kind, trigger) {
  for (const [part, [one, other]] of Object.entries(parts)) {
    if (other) throw new Refusal(`The clip has two files as its ${part}: ${quoted(one.name)} and ${quoted(other.name)}.`);
  }
  const [target] = parts.target;
  const needed = (isNeeded, part, lacks) => {
    if (isNeeded && !parts[part]) throw new Refusal(`The clip has ${lacks}.`);
    return isNeeded ? parts[part][0] : undefined;
  };
  const own = (suffix) => quoted(name.slice(name.lastIndexOf("/") + 1) + suffix);
  const reference = needed(
    layout.hasReference, "reference", `no reference: a file ${own("_start")} beside its ${own("_end")}, or ${own("_ref")} beside ${own("")}`);
  const mask = needed(layout.hasMask, "mask", `no mask: a picture or video ${own("_mask")} beside it`);
  if (reference && reference.isPicture !== target.isPicture) {
    throw new Refusal(`The clip is a ${word(target)} and its reference a ${word(reference)}; both must be of one kind.`);
  }
  const caption = parts.caption?.[0];
  if (caption?.file.caption?.problem) throw new Refusal(caption.file.caption.problem);
  const used = { target, reference, mask, caption };
  return {
    name, note: noteOf(caption, layout, kind, trigger), isPicture: target.isPicture,
    parts: Object.fromEntries(Object.entries(used).filter(([, file]) => file).map(([part, { file }]) => [part, file])),
  };
}

function noteOf(caption, layout, kind, trigger) {
  const isEmpty = caption && (caption.file.size === 0 || caption.file.caption?.isEmpty);
  if (caption && !isEmpty) return null;
  const lacks = caption ? "has an empty caption" : "has no caption";
  if (trigger !== "") return `The clip ${lacks}; the trigger phrase stands for it.`;
  if (!layout.needsCaption) return `The clip ${lacks}; it is trained without words.`;
  throw new Refusal(`The clip ${lacks}, and there is no trigger phrase: ${kind} learns what words mean.`);
}

function nothingLeft(refused) {
  if (refused.length === 0) return "The data set has no files.";
  const [{ name, reason }] = refused;
  const more = refused.length > 1 ? `, the first of ${refused.length}` : "";
  return `No clip of the data set can be used; for ${quoted(name)}${more}, ${reason[0].toLowerCase()}${reason.slice(1)}`;
}

function mixed([one, ...others]) {
  const other = others.find((clip) => clip.isPicture !== one.isPicture);
  if (!other) return null;
  const both = `${quoted(one.parts.target.name)} is a ${word(one)} and ${quoted(other.parts.target.name)} a ${word(other)}`;
  return `The data set mixes videos and pictures: ${both}; train with one of the two.`;
}

const word = ({ isPicture }) => (isPicture ? "picture" : "video");

/** Names that are equal but for capitals are equal in this form, as the server compares them: letter by letter. */
export const fold = (name) => Array.from(name, (letter) => (letter.toUpperCase().length === letter.length ? letter.toUpperCase() : letter)).join("");

const compare = (a, b) => (a < b ? -1 : a > b ? 1 : 0);
