import type { OpusEncoder } from './opus.ts';

/** Most frames an encoder needs to forget the sound before; it then gives silence frames of its own. */
const mostFrames = 5;
const silenceBytes = 3;

/**
 * Encodes the pause that listeners get as silence frames, so that the encoder knows of it too.
 *
 * Opus predicts the level of a frame from the one before. An encoder without this makes the first frames after a pause up
 * to 30 dB too quiet: 60 ms of the first word are lost (test/audio/rest-encoder.test.ts).
 */
export function restEncoder(encoder: OpusEncoder, rateHz: number, channels: 1 | 2 = 1): void {
  const silence = new Int16Array((rateHz / 50) * channels);
  for (let frame = 0; frame < mostFrames; frame++) {
    if (encoder.encode(silence).length <= silenceBytes) return;
  }
}
