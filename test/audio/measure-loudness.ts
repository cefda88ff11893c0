import { LoudnessMeter } from '#src/audio/loudness/loudness.ts';
import type { Pcm } from '#src/audio/pcm.ts';
import { RateConverter } from '#src/audio/resampler.ts';

/** Loudness of a whole sound at any rate, in the unit of `LoudnessMeter`. */
export function measureLoudness(pcm: Pcm) {
  const meter = new LoudnessMeter();
  const rate = new RateConverter(48_000, 2);
  for (const piece of [...rate.push(pcm), rate.flush()]) meter.addSamples(piece);
  return meter.lufs;
}
