import { musicRateHz } from '#src/audio/pcm.ts';

/** Samples of one channel in a millisecond, and in a frame of 20 ms. */
export const musicPerMs = musicRateHz / 1000;
export const musicFrame = 20 * musicPerMs;

/** Length of a ramp that keeps a change from clicking. */
export const rampSamples = 5 * musicPerMs;

/** Fades in the beginning of `raw` (two channels). */
export function rise(raw: Float32Array): void {
  const end = Math.min(rampSamples, raw.length / 2);
  for (let n = 0; n < end; n++) scale(raw, n, (n + 0.5) / rampSamples);
}

/** Fades out `raw` to silence `beyond` samples behind place `end`; places are of one channel. */
export function fall(raw: Float32Array, end: number, beyond = 0): void {
  for (let n = Math.max(0, end + beyond - rampSamples); n < end; n++) {
    scale(raw, n, (end + beyond - n - 0.5) / rampSamples);
  }
}

function scale(raw: Float32Array, at: number, gain: number): void {
  raw[2 * at] = (raw[2 * at] ?? 0) * gain;
  raw[2 * at + 1] = (raw[2 * at + 1] ?? 0) * gain;
}
