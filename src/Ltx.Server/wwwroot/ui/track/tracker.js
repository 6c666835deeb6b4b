// A mark's way through the pictures of a clip, from the one in which it was drawn: frame by frame, as long as its subject is seen or comes back soon.

import { isCut } from "./picture.js";
import { STILL, applied, composed, fromMotion, inverse, motionAbout } from "./similarity.js";
import { Subject } from "./subject.js";

/** The subject may be hidden for so many frames in a row; before and after, when little of it is seen, for a few more. */
export const MOST_HIDDEN = 8;
const HALF_SEEN = 8;

/** So much of the subject must be seen for it to be there, and to be there again after it was hidden. */
const THERE = 0.15;
const BACK = 0.2;
const FEWEST = 6;

/** So much of it is seen where the whole of it is: only then is anything learned from a frame. */
const WHOLE = 0.6;

/** Where less of it is seen than so, the rest may be elsewhere. */
const MOSTLY = 0.4;

/** A subject that has grown, turned or changed so much is looked at anew. */
const ANEW = { growth: 0.25, angle: 0.35, alike: 0.85 };

/** Its speed is that of so many frames in which most of it was seen. */
const PACE = 5;

/** It is looked for around the place where it should be: this share of the picture's width, and more with every frame that it is hidden. */
const SEARCH = 0.06;

/**
 * Where the mark's subject goes, one frame after another.
 * @param count how many frames there are, the one with the mark first
 * @param pictureAt told an index, gives its Picture, or a promise of it
 * @param mark { box, isInside }: where it is in the first
 * @yields { index, similarity, hidden } from the first frame to that one; `hidden` where it is carried on by its motion. When the subject is seen again,
 *   the hidden frames come once more, now that both ends are known.
 * @returns why it ended: "end", "cut", "lost", or "plain" where there is too little in the mark to hold on to; and the first frame without a place
 */
export async function* track(count, pictureAt, mark) {
  let picture = await pictureAt(0);
  let subject = new Subject(picture, mark.box, mark.isInside);
  if (subject.points.length < FEWEST) return { why: "plain", at: 1 };
  const middle = [(mark.box.left + mark.box.right) / 2, (mark.box.top + mark.box.bottom) / 2];
  // From the first frame to the one in which the subject was looked at last.
  let before = STILL;
  const seen = [{ index: 0, motion: motionAbout(STILL, middle), isSure: true }];
  let hidden = 0;
  for (let index = 1; index < count; index++) {
    const next = await pictureAt(index);
    if (isCut(picture, next)) return { why: "cut", at: index - hidden };
    const expected = fromMotion(expectedMotion(seen, index), middle);
    const last = fromMotion(seen.at(-1).motion, middle);
    const guesses = [expected, last].map((guess) => composed(guess, inverse(before)));
    const found = look(subject, next, guesses, hidden);
    if (found === null) {
      if (++hidden > MOST_HIDDEN + HALF_SEEN) return { why: "lost", at: index - hidden + 1 };
      yield { index, similarity: expected, hidden: true };
    } else {
      const similarity = composed(found.similarity, before);
      const motion = nearAngle(motionAbout(similarity, middle), seen.at(-1).motion);
      if (hidden > 0) {
        for (let i = index - hidden; i < index; i++) {
          yield { index: i, similarity: fromMotion(between(seen, { index, motion }, i), middle), hidden: true };
        }
        hidden = 0;
      }
      seen.push({ index, motion, isSure: found.part >= MOSTLY });
      yield { index, similarity, hidden: false };
      if (found.share >= WHOLE) {
        subject.learn(found);
        if (isChanged(found)) {
          const now = anew(next, mark, similarity);
          now.inherit(subject, found.similarity);
          [subject, before] = [now, similarity];
        }
      }
    }
    picture = next;
  }
  // Hidden for a moment at the very end: it is carried on to there.
  return hidden > MOST_HIDDEN ? { why: "lost", at: count - hidden } : { why: "end", at: count };
}

function look(subject, picture, guesses, hidden) {
  const enough = hidden === 0 ? THERE : BACK;
  let best = null;
  const attempt = (guess, isNear) => {
    const found = subject.find(picture, guess, isNear);
    if (found !== null && found.part >= enough && found.seen.size >= FEWEST && found.share > (best?.share ?? 0)) best = found;
    return best !== null && best.share >= WHOLE;
  };
  if (attempt(guesses[0], true) || guesses.some((guess) => attempt(guess, false))) return best;
  // Most of it is not where it should be: it may have made a leap.
  if (best !== null && best.share >= MOSTLY) return best;
  subject.candidates(picture, guesses[0], picture.width * SEARCH * (1 + hidden / MOST_HIDDEN)).some((guess) => attempt(guess, false));
  return best;
}

function isChanged({ similarity, alike }) {
  const [, , growth, angle] = motionAbout(similarity, [0, 0]);
  return Math.abs(growth) > ANEW.growth || Math.abs(angle) > ANEW.angle || alike < ANEW.alike;
}

/** The subject as it looks now: the mark where it has come to. */
function anew(picture, { box, isInside }, similarity) {
  const { left, top, right, bottom } = box;
  const corners = [[left, top], [right, top], [right, bottom], [left, bottom]].map((corner) => applied(similarity, ...corner));
  const [xs, ys] = [corners.map(([x]) => x), corners.map(([, y]) => y)];
  const back = inverse(similarity);
  return new Subject(picture, { left: Math.min(...xs), top: Math.min(...ys), right: Math.max(...xs), bottom: Math.max(...ys) },
    (x, y) => isInside(...applied(back, x, y)));
}

/** The motion so far goes on: the last frames' mean speed from the last place. */
function expectedMotion(seen, index) {
  const last = seen.at(-1);
  const speed = speedOf(seen);
  return last.motion.map((value, i) => value + speed[i] * (index - last.index));
}

function speedOf(seen) {
  const some = seen.slice(-3 * PACE).filter(({ isSure }) => isSure).slice(-PACE - 1);
  if (some.length < 2) return [0, 0, 0, 0];
  const middle = some.reduce((sum, { index }) => sum + index, 0) / some.length;
  const spread = some.reduce((sum, { index }) => sum + (index - middle) ** 2, 0);
  return some[0].motion.map((_, i) => some.reduce((sum, { index, motion }) => sum + (index - middle) * motion[i], 0) / spread);
}

/** Between the last place before it was hidden and the first after it: along the speed that it went in with, to where it came out. */
function between(seen, after, index) {
  const last = seen.at(-1);
  const [speed, span] = [speedOf(seen), after.index - last.index];
  const f = (index - last.index) / span;
  return last.motion.map((value, i) => {
    // The curve that begins with that speed and ends at that place; it goes out with the mean speed of the whole way.
    const mean = (after.motion[i] - value) / span;
    const bend = (speed[i] - mean) * span;
    return value + mean * span * f + bend * f * (1 - f) * (1 - f);
  });
}

/** The same direction, by the angle that is nearest to another. */
const nearAngle = ([x, y, growth, angle], [, , , other]) => [x, y, growth, angle + 2 * Math.PI * Math.round((other - angle) / (2 * Math.PI))];
