/** Zero crossings of the kernel on each side. Flat up to 82 % of the lower Nyquist rate, -0.7 dB at 87.5 %, -75 dB from 5 % above it. */
const crossings = 24;
/** Half the amplitude is left at this share of the lower Nyquist rate. */
const cutoffShare = 0.93;
/** Most phases, enough for all usual rates; a rate without a common divisor takes the nearest of them. */
const phaseLimit = 512;
/** Longest table of a filter, in taps: 512 KiB. Only odd rates far above 48 kHz get fewer phases for it. */
const tableTaps = 128 * 1024;

/** Parameters for making `up` samples of every `down`: a filter of twice `half` taps in each of `phases` places. */
export type ChangeOfRate = {
  readonly up: number;
  readonly down: number;
  readonly half: number;
  readonly phases: number;
  /** One row of taps per phase. */
  readonly taps: Float64Array;
};

/** Throws a plain Error where the rates lie so far apart that not even one phase fits into the table. */
export function changeOfRate(fromHz: number, toHz: number): ChangeOfRate {
  const common = divisor(fromHz, toHz);
  const [up, down] = [toHz / common, fromHz / common];
  const half = Math.ceil(crossings * Math.max(1, fromHz / toHz));
  const fitting = Math.floor(tableTaps / (2 * half));
  if (fitting < 1) throw new Error(`${fromHz} Hz cannot be resampled to ${toHz} Hz.`);
  const phases = Math.min(up, phaseLimit, fitting);
  const taps = kernel(phases, half, cutoffShare * Math.min(1, toHz / fromHz));
  return { up, down, half, phases, taps };
}

/** One row of taps per phase: a sinc of `cutoff` (1 is the input's Nyquist rate) under a Blackman window. */
function kernel(phases: number, half: number, cutoff: number): Float64Array {
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

function sinc(x: number): number {
  return x === 0 ? 1 : Math.sin(Math.PI * x) / (Math.PI * x);
}

function divisor(a: number, b: number): number {
  return b === 0 ? a : divisor(b, a % b);
}
