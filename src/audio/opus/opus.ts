import type { Frame } from '#src/audio/frame.ts';

/** Rates that Opus codes by itself. */
export type CoderRateHz = 16_000 | 24_000 | 48_000;

/** One stream, decoded straight to the wanted rate and channels (libopus mixes down and resamples). Has state. */
export interface OpusDecoder {
  /** Any legal frame length. Throws a plain Error on a payload that is not Opus. */
  decode(opus: Uint8Array): Int16Array;
}

/** 20 ms a call. Has state. */
export interface OpusEncoder {
  /** `samples` holds exactly 20 ms at the encoder's rate. */
  encode(samples: Int16Array): Frame;
}

/** One Opus library. */
export interface OpusCodec {
  /** Name printed at start, say `mediaplex`. */
  readonly name: string;
  /** Channels are interleaved; one when left out. */
  decoder(rateHz: CoderRateHz, channels?: 1 | 2): OpusDecoder;
  /** One channel is for speech, with 64 kbit/s, two are for music, with 128; at 24 kHz and in stereo both in CELT mode. */
  encoder(rateHz: CoderRateHz, channels?: 1 | 2): OpusEncoder;
}
