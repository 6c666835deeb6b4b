// Clips of known motion, made with ffmpeg: a subject before a textured ground, as grey pictures.

import { spawnSync } from "node:child_process";

export const WIDTH = 480;
export const HEIGHT = 270;

/** Blotches of the size `sigma`, the same for the same seed; `contrast` 1 uses all tones. */
const texture = (width, height, seed, sigma, contrast = 1, tone = 128) =>
  `color=c=gray:s=${width}x${height}:d=1:r=1,format=gray,noise=all_seed=${seed}:alls=100,gblur=sigma=${sigma},`
  + `lut=y='clip(${tone}+(val-128)*${(contrast * sigma * 1.6).toFixed(3)},0,255)',loop=-1:1,format=yuva444p`;

/** An ellipse that is all that is seen of a picture. */
const ELLIPSE = "geq=lum='p(X,Y)':cb=128:cr=128:a='255*lte(hypot((X-W/2+0.5)/(W/2),(Y-H/2+0.5)/(H/2)),1)'";

/** Skin with a soft light over it, two eyes and a mouth: little to hold on to. */
const FACE = "color=c=gray:s=120x150:d=1:r=1,format=yuva444p,geq=cb=128:cr=128:a='255*lte(hypot((X-59.5)/60,(Y-74.5)/75),1)':"
  + "lum='165+20*sin(X/40)-12*Y/150-75*exp(-pow(hypot((X-40)/9,(Y-60)/6),2))-75*exp(-pow(hypot((X-80)/9,(Y-60)/6),2))"
  + "-50*exp(-pow(hypot((X-60)/20,(Y-108)/6),2))',loop=-1:1";

const SUBJECTS = {
  textured: { picture: `${texture(120, 90, 7, 2.5)},${ELLIPSE},loop=-1:1`, size: [120, 90] },
  faint: { picture: `${texture(120, 90, 7, 3, 0.06, 120)},${ELLIPSE},loop=-1:1`, size: [120, 90] },
  face: { picture: FACE, size: [120, 150] },
};

/**
 * The clip's pictures and what is true of them: the subject's `size`, where its middle is in frame n, `at(n)`, and how much of its width a bar hides
 * there, `covered(n)`. x, y, scale, angle and pan are expressions in n that ffmpeg and JavaScript both understand.
 * @param about { frames, subject: which, x, y, scale, angle, cover: { width, x } a bar, blur: so many pictures in one, cutAt: where another shot
 *   begins, ground: its contrast, seed: which ground, pan: how the camera goes along }
 */
export function clip(about) {
  const { frames = 32, subject = "textured", x = "240", y = "135", scale = "1", angle = "0", pan = "0" } = about;
  const { cover = null, blur = 1, cutAt = null, ground = 1, seed = 3 } = about;
  const rate = 24 * blur;
  const scaled = (expression) => `(${expression.replaceAll(/\bn\b/g, "(t*24)")})`; // filters do not agree on the number of the first frame
  const box = 480;
  const graph = [
    `${texture(WIDTH + 240, HEIGHT, seed, 3, ground)},fps=${rate},crop=${WIDTH}:${HEIGHT}:x='120+${scaled(pan)}':y=0,format=yuv444p[ground]`,
    // Turned and sized in a square that is large enough for both.
    `${SUBJECTS[subject].picture},fps=${rate},pad=${box}:${box}:(ow-iw)/2:(oh-ih)/2:color=black@0,rotate=a='${scaled(angle)}':c=black@0,`
      + `scale=w='2*round(${box}*${scaled(scale)}/2)':h='2*round(${box}*${scaled(scale)}/2)':eval=frame[subject]`,
    `[ground][subject]overlay=x='round(${scaled(x)}-w/2)':y='round(${scaled(y)}-h/2)':eval=frame:format=yuv444[seen]`,
    cover === null ? "[seen]null[covered]"
      : `${texture(cover.width, HEIGHT, 11, 4, 0.6, 90)},fps=${rate},format=yuv444p[bar];`
        + `[seen][bar]overlay=x='${scaled(cover.x)}':y=0:eval=frame:format=yuv444[covered]`,
    `[covered]trim=end_frame=${frames * blur},${blur > 1 ? `tmix=frames=${blur},select='eq(mod(n,${blur}),${blur - 1})',` : ""}`
      + "noise=all_seed=5:alls=4:allf=t,format=gray[out]",
  ];
  const output = ["-map", "[out]", "-fps_mode", "passthrough", "-f", "rawvideo", "-"];
  const run = spawnSync("ffmpeg", ["-v", "error", "-filter_complex", graph.join(";"), ...output], { maxBuffer: 1 << 28 });
  if (run.status !== 0) throw new Error(run.stderr.toString());
  const size = WIDTH * HEIGHT;
  const pictures = Array.from({ length: frames }, (_, n) => Float32Array.from(run.stdout.subarray(n * size, (n + 1) * size)));
  if (pictures.at(-1).length !== size) throw new Error(`ffmpeg made ${run.stdout.length / size} frames of ${frames}.`);
  const value = (expression) => new Function("n", "PI", "sin", "cos", "min", "max", `return ${expression}`);
  const [fx, fy, fs, fa] = [x, y, scale, angle].map(value);
  // A picture of several shows their middle.
  const at = (n) => {
    const t = n + (blur - 1) / 2 / blur;
    const [px, py, s, a] = [fx, fy, fs, fa].map((f) => f(t, Math.PI, Math.sin, Math.cos, Math.min, Math.max));
    return { x: px - 0.5, y: py - 0.5, scale: s, angle: a };
  };
  const covered = (n) => {
    const [{ x: middle, scale: s }, left] = [at(n), cover === null ? 0 : value(cover.x)(n, Math.PI, Math.sin, Math.cos, Math.min, Math.max)];
    const half = (SUBJECTS[subject].size[0] / 2) * s;
    return cover === null ? 0 : Math.max(Math.min(middle + half, left + cover.width) - Math.max(middle - half, left), 0) / (2 * half);
  };
  if (cutAt !== null) {
    const other = clip({ frames: frames - cutAt, subject: "face", ground: 0.5, seed: 4 }).pictures;
    pictures.splice(cutAt, frames - cutAt, ...other);
  }
  return { pictures, at, covered, size: SUBJECTS[subject].size };
}
