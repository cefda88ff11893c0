import { durationMs, listenRateHz, type Pcm } from '#src/audio/pcm.ts';

/** RMS level of -60 dBFS: speech is louder, and recognisers invent words below it. */
export const quietest = 33;
/** Shortest word, in ms. */
const shortestMs = 100;

/** Whether `pcm` should go to a recogniser at all; silence would come back as invented words. */
export function isListenable(pcm: Pcm): boolean {
  if (pcm.rateHz !== listenRateHz || pcm.channels !== 1) {
    throw new RangeError('An utterance must be 16 kHz mono.');
  }
  return durationMs(pcm) >= shortestMs && pcm.samples.some((sample) => Math.abs(sample) > quietest);
}
