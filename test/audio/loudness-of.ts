import { LoudnessMeter } from '#src/audio/loudness/loudness-meter.ts';
import type { Pcm } from '#src/audio/pcm.ts';
import { OneRate } from '#src/audio/resample.ts';

/** Loudness of a whole sound at any rate, in the unit of `LoudnessMeter`. */
export function loudnessOf(pcm: Pcm): number | undefined {
  const meter = new LoudnessMeter();
  const rate = new OneRate(48_000, 2);
  for (const piece of [...rate.push(pcm), rate.flush()]) meter.push(piece);
  return meter.lufs;
}
