import { musicRateHz } from '#src/audio/pcm.ts';

/** Samples of one channel in a millisecond, and in a frame of 20 ms. */
export const musicPerMs = musicRateHz / 1000;
export const musicFrame = 20 * musicPerMs;

/** Length of a ramp that keeps a change from clicking. */
export const rampSamples = 5 * musicPerMs;
