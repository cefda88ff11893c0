import type { ChangeOfRate } from './change-of-rate.ts';

/** Position of a change of rate in its input. */
export type FilterInput = {
  /** Channels interleaved. A frame is a sample of each. */
  readonly samples: Int16Array;
  readonly channels: 1 | 2;
  /** The first output lies `phase / up` behind this frame. */
  readonly at: number;
  readonly phase: number;
};

/** Computes samples at another rate. Holds no state of a stream, so that all streams of these rates share one. */
export interface PolyphaseFilter {
  readonly change: Omit<ChangeOfRate, 'taps'>;
  /** Fills `out`, interleaved; the input holds `half` frames more on each side. */
  run(input: FilterInput, out: Int16Array): void;
}

/** Filter with one multiplication at a time, in double precision: the reference, and the fallback without SIMD. */
export function plainFilter(change: ChangeOfRate): PolyphaseFilter {
  return {
    change,
    run: (input, out) => (input.channels === 2 ? runStereo : runMono)(change, input, out),
  };
}

function runMono(change: ChangeOfRate, { samples, at, phase }: FilterInput, out: Int16Array): void {
  const { up, down, half, phases, taps } = change;
  let place = at;
  let turn = phase;
  for (let n = 0; n < out.length; n++) {
    const row = Math.floor((turn * phases) / up) * 2 * half;
    const from = place - half + 1;
    let sum = 0;
    for (let tap = 0; tap < 2 * half; tap++) {
      sum += (taps[row + tap] ?? 0) * (samples[from + tap] ?? 0);
    }
    out[n] = clamped(sum);
    for (turn += down; turn >= up; turn -= up) place++;
  }
}

function runStereo(
  change: ChangeOfRate,
  { samples, at, phase }: FilterInput,
  out: Int16Array,
): void {
  const { up, down, half, phases, taps } = change;
  let place = at;
  let turn = phase;
  for (let n = 0; n < out.length; n += 2) {
    const row = Math.floor((turn * phases) / up) * 2 * half;
    // Two sums a side: each can be added to while the other one is.
    let [left, right, left2, right2] = [0, 0, 0, 0];
    for (let tap = row, from = 2 * (place - half + 1); tap < row + 2 * half; tap += 2, from += 4) {
      const weight = taps[tap] ?? 0;
      const weight2 = taps[tap + 1] ?? 0;
      left += weight * (samples[from] ?? 0);
      right += weight * (samples[from + 1] ?? 0);
      left2 += weight2 * (samples[from + 2] ?? 0);
      right2 += weight2 * (samples[from + 3] ?? 0);
    }
    out[n] = clamped(left + left2);
    out[n + 1] = clamped(right + right2);
    for (turn += down; turn >= up; turn -= up) place++;
  }
}

function clamped(sample: number): number {
  return Math.max(-32_768, Math.min(32_767, Math.round(sample)));
}
