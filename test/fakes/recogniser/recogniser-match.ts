import { bands, type RecogniserFeatures, stepMs } from './recogniser-features.ts';

/** A word of a recording, from its first to its last sound. */
export type KnownWord = {
  readonly word: string;
  readonly fromMs: number;
  readonly toMs: number;
};
export type KnownClip = {
  readonly words: readonly KnownWord[];
  readonly features: RecogniserFeatures;
};

/** Words of one clip that were found behind each other; times are those of the sound searched, and may go beyond it. */
export type ClipMatch = {
  readonly words: readonly KnownWord[];
  readonly sureness: number;
};

/** Step between the clip's frames in the coarse search, which tries every offset in the sound. */
const coarseStep = 3;
/** A third of a clip that fits wholly is enough for a closer look. */
const minCoarseLikeness = 0.3;
/** Less of a clip than this could be any. */
const minFrames = 30;
const minWordLikeness = 0.45;
/** A word too short to be judged alone goes with its neighbours. */
const shortWordFrames = 14;
/** Share of the first word that may be missing. */
const maxMissingShare = 0.4;

type FrameSpan = { readonly from: number; readonly to: number };

/** Places where `clip`, or some of its words in a row, sounds in `heard`. */
export function findMatches(
  heardFeatures: RecogniserFeatures,
  clip: KnownClip,
): ClipMatch[] {
  const { from, to } = getSpan(clip.words);
  const first = minFrames - to;
  const last = heardFeatures.frames - from - minFrames;
  const scores = new Float32Array(Math.max(0, last - first + 1));
  for (let n = 0; n < scores.length; n++) {
    scores[n] = measureLikeness(
      heardFeatures,
      clip.features,
      first + n,
      { from, to },
      coarseStep,
    );
  }
  return [...scores.keys()]
    .filter((n) => isPeak(scores, n))
    .flatMap((n) =>
      findRuns(
        heardFeatures,
        clip,
        refineOffset(heardFeatures, clip, first + n, { from, to }),
      ),
    );
}

/** Correlation of the clip's frames in `span` with the sound `offset` frames later, as far as it reaches. */
function measureLikeness(
  heardFeatures: RecogniserFeatures,
  clip: RecogniserFeatures,
  offset: number,
  span: FrameSpan,
  every: number,
) {
  const { from, to } = isInside(heardFeatures, offset, span);
  let both = 0;
  let there = 0;
  let own = 0;
  for (let frame = from; frame < to; frame += every) {
    const end = (frame + 1) * bands;
    const shift = offset * bands;
    for (let n = frame * bands; n < end; n++) {
      both += (heardFeatures.values[n + shift] ?? 0) * (clip.values[n] ?? 0);
    }
    there += heardFeatures.energies[frame + offset] ?? 0;
    own += clip.energies[frame] ?? 0;
  }
  return both / Math.sqrt(there * own + 1);
}

/** The part of `span` that lies in the sound. */
function isInside(
  heardFeatures: RecogniserFeatures,
  offset: number,
  { from, to }: FrameSpan,
) {
  return {
    from: Math.max(from, -offset),
    to: Math.min(to, heardFeatures.frames - offset),
  };
}

function isPeak(scores: Float32Array, n: number) {
  const score = scores[n] ?? 0;
  if (score < minCoarseLikeness) return false;
  return score >= (scores[n - 1] ?? 0) && score > (scores[n + 1] ?? 0);
}

function refineOffset(
  heardFeatures: RecogniserFeatures,
  { features }: KnownClip,
  about: number,
  span: FrameSpan,
) {
  const offsets = [about, about - 1, about + 1];
  const scores = offsets.map((offset) =>
    measureLikeness(heardFeatures, features, offset, span, 1),
  );
  return offsets[scores.indexOf(Math.max(...scores))] ?? about;
}

/** Words in a row that sound `offset` frames later; the last may go on beyond the sound. */
function findRuns(heardFeatures: RecogniserFeatures, clip: KnownClip, offset: number) {
  const sounding = clip.words.map((word) =>
    isSounding(heardFeatures, clip, offset, word),
  );
  const matches: ClipMatch[] = [];
  let run: KnownWord[] = [];
  const closeRun = () => {
    const match = toMatch(heardFeatures, clip, offset, run);
    if (match) matches.push(match);
    run = [];
  };
  for (const [n, word] of clip.words.entries()) {
    if (sounding[n] === 'no') closeRun();
    else run.push(word);
  }
  closeRun();
  return matches;
}

function isSounding(
  heardFeatures: RecogniserFeatures,
  { features }: KnownClip,
  offset: number,
  word: KnownWord,
) {
  const whole = getSpan([word]);
  const part = isInside(heardFeatures, offset, whole);
  const frames = part.to - part.from;
  const missing = part.from - whole.from;
  if (frames <= 2 || missing > maxMissingShare * (whole.to - whole.from)) return 'no';
  if (measureLikeness(heardFeatures, features, offset, whole, 1) >= minWordLikeness)
    return 'yes';
  return frames < shortWordFrames ? 'maybe' : 'no';
}

function toMatch(
  heardFeatures: RecogniserFeatures,
  { features }: KnownClip,
  offset: number,
  words: readonly KnownWord[],
) {
  const span = getSpan(words);
  const { from, to } = isInside(heardFeatures, offset, span);
  const score = measureLikeness(heardFeatures, features, offset, span, 1);
  if (to - from < minFrames || score < getMinScore(to - from)) return undefined;
  const shiftMs = offset * stepMs;
  const placed = words.map(({ word, fromMs, toMs }) => {
    return { word, fromMs: fromMs + shiftMs, toMs: toMs + shiftMs };
  });
  return { words: placed, sureness: score * (to - from) };
}

/** The more there is, the less it is alike by chance. */
function getMinScore(frames: number) {
  if (frames < 60) return 0.72;
  return frames < 100 ? 0.68 : 0.62;
}

function getSpan(words: readonly KnownWord[]) {
  return {
    from: Math.round((words[0]?.fromMs ?? 0) / stepMs),
    to: Math.round((words.at(-1)?.toMs ?? 0) / stepMs),
  };
}
