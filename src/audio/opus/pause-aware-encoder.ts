import type { OpusEncoder } from './opus.ts';

/** An encoder needs a few frames to forget what sounded; it then gives silence frames of its own. */
const mostFrames = 5;
const silenceBytes = 3;

/**
 * Tells an encoder of a pause that its listeners are told of by silence frames.
 *
 * Opus predicts the level of a frame from the one before. An encoder that knows nothing of the pause makes the first
 * frames after it up to 30 dB too quiet: 60 ms of the first word are lost (test/audio/rest-encoder.test.ts).
 */
export function restEncoder(encoder: OpusEncoder, rateHz: number, channels: 1 | 2 = 1): void {
  const silence = new Int16Array((rateHz / 50) * channels);
  for (let frame = 0; frame < mostFrames; frame++) {
    if (encoder.encode(silence).length <= silenceBytes) return;
  }
}
