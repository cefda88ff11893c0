import { energyDb, rms } from '#src/audio/loudness.ts';

/** Grid of the comparison, in ms. */
const stepMs = 2;
/** Quieter sound is heard as silence, as a simulated person hears it. */
const audibleDb = -50;

/** Where `clip` lies in `sound`, in ms from its beginning: where their envelopes are most alike, however loud either is. */
export function offsetMs(clip: Int16Array, sound: Int16Array, rateHz: number): number {
  const [wanted, all] = [envelope(clip, rateHz), envelope(sound, rateHz)];
  let best = { at: 0, alike: Number.NEGATIVE_INFINITY };
  for (let at = 0; at + wanted.length <= all.length; at++) {
    const alike = likeness(wanted, all.subarray(at, at + wanted.length));
    if (alike > best.alike) best = { at, alike };
  }
  return best.at * stepMs;
}

/** The instant of the first audible sound from `sinceMs` on, in ms; undefined where there is none. */
export function firstAudibleMs(
  sound: Int16Array,
  rateHz: number,
  sinceMs: number,
): number | undefined {
  const size = (rateHz * stepMs) / 1_000;
  for (let from = Math.floor(sinceMs / stepMs) * size; from < sound.length; from += size) {
    if (energyDb(sound.subarray(from, from + size)) > audibleDb) return (from / rateHz) * 1_000;
  }
  return undefined;
}

function envelope(sound: Int16Array, rateHz: number): Float64Array {
  const size = (rateHz * stepMs) / 1_000;
  return Float64Array.from({ length: Math.floor(sound.length / size) }, (_, n) =>
    rms(sound.subarray(n * size, (n + 1) * size)),
  );
}

/** Correlation of two envelopes of one length, -1 to 1. */
function likeness(one: Float64Array, other: Float64Array): number {
  const [oneMean, otherMean] = [mean(one), mean(other)];
  let [both, oneSquares, otherSquares] = [0, 0, 0];
  for (const [n, value] of one.entries()) {
    const [a, b] = [value - oneMean, (other[n] ?? 0) - otherMean];
    both += a * b;
    oneSquares += a * a;
    otherSquares += b * b;
  }
  return both / Math.sqrt(oneSquares * otherSquares || 1);
}

function mean(values: Float64Array): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
