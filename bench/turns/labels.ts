import { energyDb } from '#src/audio/pcm.ts';
import type { ClipWord } from './clips.ts';

const samplesPerMs = 16;
const windowMs = 10;
/** Distance, in dB, below the voice's own level at which a window is silence. */
const depthDb = 25;
/** Shorter sounds are clicks. */
const windowsOfSound = 2;

/** Where the voice sounds in a clip at 16 kHz, on a grid of 10 ms. */
export function soundingPart(samples: Int16Array): readonly [fromMs: number, toMs: number] {
  const levels = windowLevels(samples);
  const floorDb = levelOf(levels) - depthDb;
  const loud = levels.map((_, n) =>
    levels.slice(n, n + windowsOfSound).every((db) => db >= floorDb),
  );
  const first = loud.indexOf(true);
  const last = loud.lastIndexOf(true) + windowsOfSound;
  if (first < 0) throw new Error('There is no sound in it.');
  return [first * windowMs, Math.min(last, levels.length) * windowMs];
}

/** Shortest silence that counts, in ms: shorter ones are closures of stops (eot-bench). */
export const shortestSilenceMs = 100;

/** The sounding part without its silences of at least 100 ms, on a grid of 10 ms. */
export function soundingStretches(
  samples: Int16Array,
): (readonly [fromMs: number, toMs: number])[] {
  const [firstMs, lastMs] = soundingPart(samples);
  const levels = windowLevels(samples);
  const floorDb = levelOf(levels) - depthDb;
  const stretches: [number, number][] = [];
  for (let atMs = firstMs; atMs < lastMs; atMs += windowMs) {
    if ((levels[atMs / windowMs] ?? floorDb) < floorDb) continue;
    const last = stretches.at(-1);
    if (last && atMs - last[1] < shortestSilenceMs) last[1] = atMs + windowMs;
    else stretches.push([atMs, atMs + windowMs]);
  }
  return stretches;
}

/** Level of the voice while it sounds, in dB below full scale: the mean of the louder half. */
export function voiceLevelDb(samples: Int16Array): number {
  return levelOf(windowLevels(samples));
}

/**
 * Words of `say` as recognisers write them: small letters, no punctuation.
 *
 * Inside the sounding part they are as long as they have letters; only its start and end are measured.
 */
export function wordsOf(say: string, [fromMs, toMs]: readonly [number, number]): ClipWord[] {
  const texts = say
    .toLowerCase()
    .replaceAll('-', ' ')
    .replace(/[^a-z' ]/g, '')
    .split(' ')
    .filter((text) => text !== '');
  const letters = texts.reduce((sum, text) => sum + text.length, 0);
  let before = 0;
  return texts.map((text) => {
    const start = Math.round(fromMs + ((toMs - fromMs) * before) / letters);
    before += text.length;
    return [text, start, Math.round(fromMs + ((toMs - fromMs) * before) / letters)] as const;
  });
}

function windowLevels(samples: Int16Array): number[] {
  const length = windowMs * samplesPerMs;
  return Array.from({ length: Math.floor(samples.length / length) }, (_, n) =>
    energyDb(samples.subarray(n * length, (n + 1) * length)),
  );
}

function levelOf(levels: readonly number[]): number {
  const louder = levels.toSorted((a, b) => b - a).slice(0, Math.ceil(levels.length / 2));
  const power = louder.reduce((sum, db) => sum + 10 ** (db / 10), 0) / louder.length;
  return 10 * Math.log10(power);
}
