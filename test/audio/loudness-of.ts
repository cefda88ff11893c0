import { LoudnessMeter } from '#src/audio/loudness/loudness-meter.ts';
import type { Pcm } from '#src/audio/pcm.ts';
import { StereoRate } from '#src/audio/stereo-rate.ts';

/** Loudness of a whole sound at any rate, in the unit of `LoudnessMeter`. */
export function loudnessOf(pcm: Pcm): number | undefined {
  const meter = new LoudnessMeter();
  const rate = new StereoRate();
  for (const piece of [...rate.push(pcm), rate.flush()]) meter.push(piece);
  return meter.lufs;
}
