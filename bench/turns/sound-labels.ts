import { sumValues } from '#bench/format-table.ts';
import { measureLevelDb } from '#src/audio/pcm.ts';
import type { ClipWord } from './voice-clips.ts';

const samplesPerMs = 16;
const windowMs = 10;
/** Distance, in dB, below the voice's own level at which a window is silence. */
const silenceDepthDb = 25;
/** Shorter sounds are clicks. */
const minSoundWindows = 2;

/** Finds the span in which the voice sounds in a clip at 16 kHz, on a grid of 10 ms. Throws where there is no sound. */
export function findSoundingPart(
  samples: Int16Array,
): readonly [fromMs: number, toMs: number] {
  const levels = measureWindowLevels(samples);
  const floorDb = averageLevel(levels) - silenceDepthDb;
  const isLoud = levels.map((_, n) =>
    levels.slice(n, n + minSoundWindows).every((db) => db >= floorDb),
  );
  const firstWindow = isLoud.indexOf(true);
  const endWindow = isLoud.lastIndexOf(true) + minSoundWindows;
  if (firstWindow < 0) throw new Error('There is no sound in it.');
  return [firstWindow * windowMs, Math.min(endWindow, levels.length) * windowMs];
}

/** Shortest silence that counts, in ms: shorter ones are closures of stops (eot-bench). */
export const minSilenceMs: number = 100;

/** Finds the sounding part without its silences of at least 100 ms, on a grid of 10 ms. */
export function findSoundingStretches(
  samples: Int16Array,
): (readonly [fromMs: number, toMs: number])[] {
  const [firstMs, lastMs] = findSoundingPart(samples);
  const levels = measureWindowLevels(samples);
  const floorDb = averageLevel(levels) - silenceDepthDb;
  const stretches: [number, number][] = [];
  for (let atMs = firstMs; atMs < lastMs; atMs += windowMs) {
    if ((levels[atMs / windowMs] ?? floorDb) < floorDb) continue;
    const lastStretch = stretches.at(-1);
    if (lastStretch && atMs - lastStretch[1] < minSilenceMs)
      lastStretch[1] = atMs + windowMs;
    else stretches.push([atMs, atMs + windowMs]);
  }
  return stretches;
}

/** Measures the level of the voice while it sounds, in dB below full scale: the mean of the louder half. */
export function measureVoiceLevelDb(samples: Int16Array): number {
  return averageLevel(measureWindowLevels(samples));
}

/**
 * Spreads the words of `say` over the sounding part, as recognisers write them: small letters, no punctuation.
 *
 * A word is as long as it has letters, since only the start and the end of the sounding part are measured.
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
  let lettersBefore = 0;
  const computeMs = () =>
    Math.round(fromMs + ((toMs - fromMs) * lettersBefore) / letters);
  return texts.map((text) => {
    const startMs = computeMs();
    lettersBefore += text.length;
    return [text, startMs, computeMs()] as const;
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
