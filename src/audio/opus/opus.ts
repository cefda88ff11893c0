import type { Frame } from '#src/audio/frame.ts';

export type CoderRateHz = 16_000 | 24_000 | 48_000;

/** Decoder of one stream. libopus mixes down and resamples to the wanted rate. */
export interface OpusDecoder {
  /** Accepts any legal frame length. Throws a plain Error for a payload that is not Opus. */
  decode(opus: Uint8Array): Int16Array;
}

export interface OpusEncoder {
  encode(samples: Int16Array): Frame;
}

export interface OpusCodec {
  /** Name printed at start, such as `mediaplex`. */
  readonly name: string;
  /** Channels are interleaved. */
  decoder(rateHz: CoderRateHz, channels?: 1 | 2): OpusDecoder;
  /** One channel is encoded for speech at 64 kbit/s, two channels for music at 128 kbit/s. */
  encoder(rateHz: CoderRateHz, channels?: 1 | 2): OpusEncoder;
}
