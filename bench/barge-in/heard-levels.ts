import type { HeardFrame } from '#sandbox/voice/voice-ports.ts';
import { loudnessDb } from '#src/audio/loudness.ts';
import { steadyHz } from '#test/fakes/providers/sound.ts';

/** Level of the bot's steady speech as a person receives it in 10 ms; cues, which lie elsewhere, count as silence. */
export type Level = { readonly atMs: number; readonly db: number };

const levelMs = 10;
const rateHz = 48_000;
const blockSamples = (rateHz * levelMs) / 1000;
const silentDb = -100;
/** Below the reference: nobody hears it. */
const goneDb = 30;
/** Largest difference from the reference that nobody hears. */
const fullWithinDb = 1;
/** Silence that lasts so long is one. */
const stillMs = 100;
/** Frames that come later than this after the one before have let the ear hear nothing. */
const lateMs = 20;
/** A reference rests on so many. */
const leastLevels = 20;

/** A frame sounds from the instant it arrives: an ear without a jitter buffer, which real clients have. */
export function levelsOf(frames: readonly HeardFrame[]): Level[] {
  return frames.flatMap(({ atMs, samples, audible }) => {
    const blocks = Math.floor(samples.length / blockSamples);
    return Array.from({ length: blocks }, (_, n) => {
      const block = samples.subarray(n * blockSamples, (n + 1) * blockSamples);
      return { atMs: atMs + n * levelMs, db: audible ? speechDb(block) : silentDb };
    });
  });
}

/** Median of what sounded in the half second before. Fails where the bot did not speak then. */
export function referenceDb(levels: readonly Level[], untilMs: number): number {
  const before = levels.filter(({ atMs }) => atMs < untilMs && atMs >= untilMs - 500);
  const sorted = before.map(({ db }) => db).toSorted((a, b) => a - b);
  const median = sorted[Math.floor(sorted.length / 2)];
  if (median === undefined || before.length < leastLevels || median < -40) {
    const seen = `${before.length * levelMs} of 500 ms, ${median?.toFixed(0)} dBFS`;
    throw new Error(`The bot was not speaking when it was to be interrupted: ${seen}.`);
  }
  return median;
}

/** When it was first at least `byDb` quieter than `reference`. */
export function downAt(
  levels: readonly Level[],
  sinceMs: number,
  reference: number,
  byDb: number,
): number | undefined {
  const later = whole(levels).filter(({ atMs }) => atMs >= sinceMs);
  return later.find(({ db }) => db <= reference - byDb)?.atMs;
}

/** When it fell silent for a while. `levels` go on for some time after that. */
export function silentAt(
  levels: readonly Level[],
  sinceMs: number,
  reference: number,
): number | undefined {
  const later = whole(levels).filter(({ atMs }) => atMs >= sinceMs);
  let fromMs: number | undefined;
  for (const { atMs, db } of later) {
    if (db > reference - goneDb) fromMs = undefined;
    else fromMs ??= atMs;
    if (fromMs !== undefined && atMs + levelMs - fromMs >= stillMs) return fromMs;
  }
  return undefined;
}

/** A stretch in which nothing was heard of it; `reported`: because the bot had said so, and not because packets were late. */
export type Gap = { readonly lengthMs: number; readonly reported: boolean };

export function longestGap(
  levels: readonly Level[],
  fromMs: number,
  toMs: number,
  reference: number,
): Gap {
  let soundedMs = fromMs;
  let reported = false;
  let longest: Gap = { lengthMs: 0, reported };
  const close = (atMs: number) => {
    const lengthMs = Math.max(0, atMs - soundedMs);
    if (lengthMs > longest.lengthMs) longest = { lengthMs, reported };
  };
  for (const { atMs, db } of levels) {
    if (atMs < fromMs || atMs >= toMs) continue;
    if (db <= reference - goneDb) {
      reported ||= db === silentDb;
      continue;
    }
    close(atMs);
    soundedMs = atMs + levelMs;
    reported = false;
  }
  close(toMs);
  return longest;
}

/** When it was at `reference` again for good, after something between these instants had made it quieter; undefined: nothing had. */
export function fullAt(
  levels: readonly Level[],
  fromMs: number,
  toMs: number,
  reference: number,
): number | undefined {
  const lower = levels.findLast(
    ({ atMs, db }) => atMs >= fromMs && atMs < toMs && db < reference - fullWithinDb,
  );
  return lower && lower.atMs + levelMs;
}

/** With silence wherever no frame came, and for a while after the last. */
function whole(levels: readonly Level[]): Level[] {
  return levels.flatMap((level, n) => {
    const endMs = level.atMs + levelMs;
    const next = levels[n + 1]?.atMs ?? endMs + 2 * stillMs;
    if (next - endMs <= lateMs) return [level];
    const missing = Math.floor((next - endMs) / levelMs);
    const still = Array.from({ length: missing }, (_, m) => ({
      atMs: endMs + m * levelMs,
      db: silentDb,
    }));
    return [level, ...still];
  });
}

const partials = [1, 2, 3, 4, 5].map((part) => {
  const wave = (turn: (angle: number) => number) =>
    Float64Array.from({ length: blockSamples }, (_, n) =>
      turn((2 * Math.PI * steadyHz * part * n) / rateHz),
    );
  return { cosine: wave(Math.cos), sine: wave(Math.sin) };
});

/** Root mean square of the chord alone, whose partials have whole periods in a block. */
function speechDb(block: Int16Array): number {
  let power = 0;
  for (const { cosine, sine } of partials) {
    let [real, imaginary] = [0, 0];
    for (let n = 0; n < blockSamples; n++) {
      const sample = (block[n] ?? 0) / 32_768;
      real += sample * (cosine[n] ?? 0);
      imaginary += sample * (sine[n] ?? 0);
    }
    power += 2 * ((real / blockSamples) ** 2 + (imaginary / blockSamples) ** 2);
  }
  return loudnessDb(Math.sqrt(power));
}
