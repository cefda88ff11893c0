import type { SoundChunk } from '#src/audio/sound-source.ts';

type Some = readonly SoundChunk[];

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

/** Purpose of decoding, which decides the shape of the sound. */
export type Want =
  /** For recognition or speech: samples of one channel at one rate. */
  | { readonly kind: 'mono'; readonly rateHz: DecodedRateHz }
  /** For playback: 48 kHz stereo; Opus as it is, unless every sample counts. */
  | { readonly kind: 'track'; readonly isExact: boolean };

/** Limit of flaws: a file with more damage decodes to noise. */
const mostFlaws = 20;
/** Bytes without a flaw after which an earlier one is forgiven: a stream may go on for days. */
const forgivingBytes = 64 * 1024;
/** Bytes without a single sample after which a sound is given up. */
const mostSilentBytes = 256 * 1024;

/** Longest head of a file, in bytes: pictures and comments before the sound are passed over. */
const mostHeadBytes = 64 * 1024 * 1024;

/** Counts errors that a decoder met, and bytes that it read without giving a sample. */
export class Flaws {
  #flaws = 0;
  #silentBytes = 0;
  #headBytes = 0;

  /** Counts bytes before the sound. Throws a plain Error where they do not end. */
  passed(bytes: number): void {
    this.#headBytes += bytes;
    if (this.#headBytes > mostHeadBytes) throw new Error('it contains no sound');
  }

  /** There is sound again: bytes passed over from here on count anew. */
  restart(): void {
    this.#headBytes = 0;
  }

  /** Throws a plain Error where it is too much. */
  note(bytes: number, samples: number, flaws: number): void {
    this.#silentBytes = samples > 0 ? 0 : this.#silentBytes + bytes;
    this.#flaws =
      flaws > 0 ? this.#flaws + flaws : Math.max(0, this.#flaws - bytes / forgivingBytes);
    if (this.#flaws > mostFlaws) throw new Error('it has too many damaged places');
    if (this.#silentBytes > mostSilentBytes) throw new Error('it contains no sound');
  }
}
