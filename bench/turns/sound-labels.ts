import { sumValues } from '#bench/format-table.ts';
import { measureLevelDb } from '#src/audio/pcm.ts';
import type { ClipWord } from './voice-clips.ts';

const samplesPerMs = 16;
const windowMs = 10;
/** Distance, in dB, below the voice's own level at which a window is silence. */
const silenceDepthDb = 25;
/** Shorter sounds are clicks. */
const minSoundWindows = 2;

/** Where the voice sounds in a clip at 16 kHz, on a grid of 10 ms. */
export function findSoundingPart(
  samples: Int16Array,
): readonly [fromMs: number, toMs: number] {
  const levels = measureWindowLevels(samples);
  const floorDb = averageLevel(levels) - silenceDepthDb;
  const loud = levels.map((_, n) =>
    levels.slice(n, n + minSoundWindows).every((db) => db >= floorDb),
  );
  const first = loud.indexOf(true);
  const last = loud.lastIndexOf(true) + minSoundWindows;
  if (first < 0) throw new Error('There is no sound in it.');
  return [first * windowMs, Math.min(last, levels.length) * windowMs];
}

/** Shortest silence that counts, in ms: shorter ones are closures of stops (eot-bench). */
export const minSilenceMs = 100;

/** The sounding part without its silences of at least 100 ms, on a grid of 10 ms. */
export function findSoundingStretches(
  samples: Int16Array,
): (readonly [fromMs: number, toMs: number])[] {
  const [firstMs, lastMs] = findSoundingPart(samples);
  const levels = measureWindowLevels(samples);
  const floorDb = averageLevel(levels) - silenceDepthDb;
  const stretches: [number, number][] = [];
  for (let atMs = firstMs; atMs < lastMs; atMs += windowMs) {
    if ((levels[atMs / windowMs] ?? floorDb) < floorDb) continue;
    const last = stretches.at(-1);
    if (last && atMs - last[1] < minSilenceMs) last[1] = atMs + windowMs;
    else stretches.push([atMs, atMs + windowMs]);
  }
  return stretches;
}

/** Level of the voice while it sounds, in dB below full scale: the mean of the louder half. */
export function measureVoiceLevelDb(samples: Int16Array): number {
  return averageLevel(measureWindowLevels(samples));
}

/**
 * Words of `say` as recognisers write them: small letters, no punctuation.
 *
 * Inside the sounding part they are as long as they have letters; only its start and end are measured.
 */
export function spreadClipWords(
  say: string,
  [fromMs, toMs]: readonly [number, number],
): ClipWord[] {
  const texts = say
    .toLowerCase()
    .replaceAll('-', ' ')
    .replace(/[^a-z' ]/g, '')
    .split(' ')
    .filter((text) => text !== '');
  const letters = texts.join('').length;
  let before = 0;
  const place = () => Math.round(fromMs + ((toMs - fromMs) * before) / letters);
  return texts.map((text) => {
    const startMs = place();
    before += text.length;
    return [text, startMs, place()] as const;
  });
}

function measureWindowLevels(samples: Int16Array) {
  const length = windowMs * samplesPerMs;
  return Array.from({ length: Math.floor(samples.length / length) }, (_, n) =>
    measureLevelDb(samples.subarray(n * length, (n + 1) * length)),
  );
}

function averageLevel(levels: readonly number[]) {
  const louder = levels
    .toSorted((a, b) => b - a)
    .slice(0, Math.ceil(levels.length / 2));
  const power = sumValues(louder, (db) => 10 ** (db / 10));
  return 10 * Math.log10(power / louder.length);
}
