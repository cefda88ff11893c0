import type { Pcm } from '#src/audio/pcm.ts';

type Some = readonly Pcm[];

/** One file on its way into sound. Has state, and lives in a decoding process. */
export interface Decoder {
  /** Decodes the sound that these bytes complete. Throws a plain Error where the file is damaged. */
  push(bytes: Uint8Array): Some | Promise<Some>;
  /** Decodes the sound held back. Throws as `push`. */
  end(): Some | Promise<Some>;
  free(): void;
}

/** Rates of everything that listens and speaks, which Opus decodes to by itself. */
export type DecodedRateHz = 16_000 | 24_000 | 48_000;

/** Shape of the decoded sound: one channel at this rate, for recognition or speech; for a track 48 kHz stereo. */
export type Want = DecodedRateHz | 'track';
