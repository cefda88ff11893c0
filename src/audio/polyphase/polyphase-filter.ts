import type { ChangeOfRate } from './change-of-rate.ts';

/** Where a change of rate stands in its input. */
export type FilterInput = {
  /** Channels interleaved. A frame is a sample of each. */
  readonly samples: Int16Array;
  readonly channels: 1 | 2;
  /** The first output lies `phase / up` behind this frame. */
  readonly at: number;
  readonly phase: number;
};

/** Computes samples at another rate. Knows nothing of any stream, so that all streams of these rates share one. */
export interface PolyphaseFilter {
  readonly change: Omit<ChangeOfRate, 'taps'>;
  /** Fills `out`, interleaved; the input holds `half` frames more on each side. */
  run(input: FilterInput, out: Int16Array): void;
}
