/**
 * Zero crossings on each side. The kernel is flat up to 82 % of the lower Nyquist rate, and -75 dB from 5 % above it.
 */
const kernelCrossings = 24;
const cutoffShare = 0.93;
/** Enough for all usual rates. Other ones take the nearest phase. */
const maxPhases = 512;
/** 512 KiB. Only odd rates far above 48 kHz get fewer phases. */
const maxTableTaps = 128 * 1024;

/** Makes `up` samples of every `down`, with a filter of `2 * half` taps for each phase. */
export type RateChange = {
  readonly up: number;
  readonly down: number;
  readonly half: number;
  readonly phases: number;
  readonly taps: Float64Array;
};

/**
 * Throws a plain Error for rates that lie too far apart.
 *
 * @example
 * import { createRateChange } from '#src/audio/polyphase/rate-change.ts';
 *
 * const { up, down } = createRateChange(48_000, 16_000);
 * [up, down]; // [1, 3]
 */
export function createRateChange(fromHz: number, toHz: number): RateChange {
  const common = getCommonDivisor(fromHz, toHz);
  const [up, down] = [toHz / common, fromHz / common];
  const half = Math.ceil(kernelCrossings * Math.max(1, fromHz / toHz));
  const fitting = Math.floor(maxTableTaps / (2 * half));
  if (fitting < 1) throw new Error(`${fromHz} Hz cannot be resampled to ${toHz} Hz.`);
  const phases = Math.min(up, maxPhases, fitting);
  const taps = createKernel(phases, half, cutoffShare * Math.min(1, toHz / fromHz));
  return { up, down, half, phases, taps };
}

/** A row is a sinc of `cutoff` (1 is the Nyquist rate of the input) under a Blackman window. */
function createKernel(phases: number, half: number, cutoff: number) {
  const taps = 2 * half;
  const table = new Float64Array(phases * taps);
  for (let phase = 0; phase < phases; phase++) {
    const row = table.subarray(phase * taps, (phase + 1) * taps);
    for (let n = 0; n < taps; n++) {
      const x = n - half + 1 - phase / phases;
      const turn = (Math.PI * x) / half;
      const window = 0.42 + 0.5 * Math.cos(turn) + 0.08 * Math.cos(2 * turn);
      row[n] = window * sinc(cutoff * x);
    }
    const sum = row.reduce((all, tap) => all + tap, 0);
    for (let n = 0; n < taps; n++) row[n] = (row[n] ?? 0) / sum;
  }
  return table;
}

function sinc(x: number) {
  return x === 0 ? 1 : Math.sin(Math.PI * x) / (Math.PI * x);
}

function getCommonDivisor(a: number, b: number): number {
  return b === 0 ? a : getCommonDivisor(b, a % b);
}
