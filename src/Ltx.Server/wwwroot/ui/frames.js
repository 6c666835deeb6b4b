// Frames and rates, as numbers.

/** Index of the frame that is shown at `time`: the last that begins by then. */
export function frameAt(times, time) {
  let [low, high] = [0, times.length - 1];
  while (low < high) {
    const middle = Math.ceil((low + high) / 2);
    if (times[middle] <= time + 1e-6) low = middle;
    else high = middle - 1;
  }
  return Math.max(low, 0);
}

/** Values for the request that fit the source, within the schema's bounds. */
export function proposal(rate, duration, rateField, framesField) {
  let fps = rate;
  for (let n = 2; fps > rateField.maximum; n++) fps = rate / n;
  fps = Math.max(Number(fps.toFixed(3)), rateField.minimum);
  const frames = duration === null ? framesField.default : Math.round(duration * fps);
  return { frames_per_second: fps, num_frames: Math.min(Math.max(frames, framesField.minimum), framesField.maximum) };
}
