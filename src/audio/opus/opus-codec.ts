import type { Frame } from '#src/audio/frame.ts';

export type OpusRateHz = 16_000 | 24_000 | 48_000;

/** Decoder of one stream. libopus mixes down and resamples to the wanted rate. */
export interface OpusDecoder {
  /** Decodes a frame of any legal length. Throws a plain Error for a payload that is not Opus. */
  decode(opus: Uint8Array): Int16Array;
}

/** Encoder of one stream, which predicts each frame from the frames before. */
export interface OpusEncoder {
  /** Encodes exactly 20 ms. Throws a plain Error for another length. */
  encode(samples: Int16Array): Frame;
}

/** Opus library that works on this machine. */
export interface OpusCodec {
  /** Name printed at start, such as `libopus-wasm`. */
  readonly name: string;
  /** Creates a decoder to interleaved channels. */
  createDecoder(rateHz: OpusRateHz, channels?: 1 | 2): OpusDecoder;
  /** Creates an encoder: one channel for speech at 64 kbit/s, two channels for music at 128 kbit/s. */
  createEncoder(rateHz: OpusRateHz, channels?: 1 | 2): OpusEncoder;
}

/** An encoder forgets earlier sound within this many frames, and then produces silence frames. */
const maxSilenceFrames = 5;
const silenceBytes = 3;

/**
 * Encodes the pause that listeners get as silence frames.
 */
export function encodePause(
  encoder: OpusEncoder,
  rateHz: number,
  channels: 1 | 2 = 1,
): void {
  // Opus predicts a frame's level from the frame before. Otherwise the first frames after a pause are up to 30 dB
  // too quiet, and 60 ms of the first word are lost (`npm test -- test/audio/rest-encoder`).
  const silence = new Int16Array((rateHz / 50) * channels);
  for (let frame = 0; frame < maxSilenceFrames; frame++) {
    if (encoder.encode(silence).length <= silenceBytes) return;
  }
}
