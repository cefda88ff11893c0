import type { OpusEncoder } from './opus.ts';

/** An encoder forgets earlier sound within this many frames, and then produces silence frames. */
const mostFrames = 5;
const silenceBytes = 3;

/**
 * Encodes the pause that listeners get as silence frames.
 *
 * Opus predicts the level of a frame from the one before. Without this, the first frames after a pause are up to 30
 * dB too quiet, and 60 ms of the first word are lost (`npm test -- test/audio/rest-encoder`).
 */
export function restEncoder(encoder: OpusEncoder, rateHz: number, channels: 1 | 2 = 1): void {
  const silence = new Int16Array((rateHz / 50) * channels);
  for (let frame = 0; frame < mostFrames; frame++) {
    if (encoder.encode(silence).length <= silenceBytes) return;
  }
}
