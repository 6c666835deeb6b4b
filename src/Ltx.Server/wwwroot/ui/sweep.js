// The wipe's first movement: from one side of the mask to the other, once, and back to its middle.

const MILLISECONDS = 2400;

/** Where the mask begins and ends across, as shares of the width; null: it holds nothing, or cannot be looked at. */
export function maskSpan(mask) {
  const canvas = Object.assign(document.createElement("canvas"), { width: 96, height: 54 });
  const context = canvas.getContext("2d", { willReadFrequently: true });
  context.drawImage(mask, 0, 0, canvas.width, canvas.height);
  const { data } = context.getImageData(0, 0, canvas.width, canvas.height);
  let [first, last] = [canvas.width, -1];
  for (let k = 0; k < data.length / 4; k++) {
    if (data[4 * k + 1] <= 127) continue;
    first = Math.min(first, k % canvas.width);
    last = Math.max(last, k % canvas.width);
  }
  return last < 0 ? null : [first / canvas.width, (last + 1) / canvas.width];
}

/** Calls `to` with shares until it has come to its end; returns what stops it. */
export function sweep([from, until], to) {
  const began = performance.now();
  const middle = (from + until) / 2;
  let frame = 0;
  const step = (now) => {
    const f = Math.min(Math.max((now - began) / MILLISECONDS, 0), 1);
    // Two thirds of the time there, one back to the middle.
    const [a, b, g] = f < 2 / 3 ? [from, until, f * 1.5] : [until, middle, (f - 2 / 3) * 3];
    const eased = g < 0.5 ? 2 * g * g : 1 - 2 * (1 - g) * (1 - g);
    to(a + (b - a) * eased);
    if (f < 1) frame = requestAnimationFrame(step);
  };
  frame = requestAnimationFrame(step);
  return () => cancelAnimationFrame(frame);
}
