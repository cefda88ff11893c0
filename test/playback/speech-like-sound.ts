import { type Pcm, speakRateHz } from '#src/audio/pcm.ts';

export const samplesPerMs = speakRateHz / 1000;

/** Sound in which every word has its place: noise that swells and falls, and near silence between. */
export type SpeechLike = {
  readonly text: string;
  readonly pcm: Pcm;
  readonly marks: readonly { readonly fromMs: number; readonly toMs: number }[];
};

const gapMs = 40;

/** `pace` varies how long a letter of each word takes, around 65 ms; words lie `gapMs` apart. */
export function makeSpeechLike(
  words: readonly string[],
  pace: (word: number) => number = () => 1,
): SpeechLike {
  const marks: { readonly fromMs: number; readonly toMs: number }[] = [];
  const samples: number[] = [];
  for (const [n, word] of words.entries()) {
    const lengthMs = Math.round((word.length + 1) * 65 * pace(n) - gapMs);
    const fromMs = samples.length / samplesPerMs;
    marks.push({ fromMs, toMs: fromMs + lengthMs });
    samples.push(
      ...makeSwell(lengthMs * samplesPerMs, n),
      ...makeHiss(gapMs * samplesPerMs, n),
    );
  }
  const pcm = {
    samples: Int16Array.from(samples),
    rateHz: speakRateHz,
    channels: 1,
  } as const;
  return { text: words.join(' '), pcm, marks };
}

/** A tone as loud as a voice. */
export function makeTone(hz: number, ms: number, loud = 10_000): Pcm {
  const samples = Int16Array.from({ length: ms * samplesPerMs }, (_, n) =>
    Math.round(loud * Math.sin((2 * Math.PI * hz * n) / speakRateHz)),
  );
  return { samples, rateHz: speakRateHz, channels: 1 };
}

/** The largest step from one sample to the next. */
export function findSteepest(samples: Int16Array) {
  return samples.reduce(
    (most, sample, n) =>
      n === 0 ? most : Math.max(most, Math.abs(sample - (samples[n - 1] ?? 0))),
    0,
  );
}

export function joinFrames(frames: readonly (Int16Array | undefined)[]): Int16Array {
  return Int16Array.from(frames.flatMap((frame) => (frame ? [...frame] : [])));
}

function makeSwell(length: number, seed: number) {
  return makeHiss(length, seed + 7).map((value, n) =>
    Math.round(value * 400 * Math.min(1, (n + 1) / 240, (length - n) / 240)),
  );
}

/** Up to 20 either way, the same for the same seed. */
function makeHiss(length: number, seed: number) {
  let state = seed * 2_654_435_761 + 1;
  return Array.from({ length }, () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.round((state / 2 ** 32) * 40 - 20);
  });
}
