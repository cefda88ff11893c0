import { durationMs, listenRateHz, type Pcm } from '#src/audio/pcm.ts';

/** RMS level of -60 dBFS: speech is louder, and recognisers invent words below it. */
export const quietest = 33;
/** Shorter than any word. */
const shortestMs = 100;

/** Whether a recogniser should see `pcm` at all; without this, silence comes back as made-up words. */
export function isListenable(pcm: Pcm): boolean {
  if (pcm.rateHz !== listenRateHz || pcm.channels !== 1) {
    throw new RangeError('An utterance comes at 16 kHz, mono.');
  }
  return durationMs(pcm) >= shortestMs && pcm.samples.some((sample) => Math.abs(sample) > quietest);
}
