// A clip to begin with, its mark and its prompt: of the miniature's own world, and small enough for any machine.

const MIDDLES = [[0, 128, 120.5], [1, 150.5, 139.5]];

export const PROMPT = "a green disc";

export async function sampleFile() {
  const answer = await fetch("/ui/sample/source.mp4");
  if (!answer.ok) throw new Error("The sample cannot be had.");
  return new File([await answer.blob()], "sample.mp4", { type: "video/mp4" });
}

/** The black triangle and what is around it, on its way. */
export const sampleMarks = (id) => ({
  invert: false,
  shapes: [{ id, type: "rect", keys: MIDDLES.map(([time, x, y]) => ({ time, x, y, rx: 97, ry: 89.5, cos: 1, sin: 0 })) }],
});
