/** One file on its way into samples: mono at the rate it was opened for. Has state, and lives in the worker thread. */
export interface Decoder {
  /** What these bytes completed, in pieces of any length. Throws a plain Error where the file is damaged. */
  push(bytes: Uint8Array): readonly Int16Array[];
  /** What was held back. Throws as `push`. */
  end(): readonly Int16Array[];
  free(): void;
}

/** Rates of everything that listens and speaks, which Opus decodes to by itself. */
export type DecodedRateHz = 16_000 | 24_000 | 48_000;

/** A file with more damage than this is taken for none: what comes out of it is noise. */
const mostFlaws = 20;
/** Nor is one that gives no sample after so many bytes. */
const mostSilentBytes = 256 * 1024;

/** Counts what a decoder stumbled over, and what it swallowed without a sample. */
export class Flaws {
  #flaws = 0;
  #silentBytes = 0;

  /** Throws a plain Error where it is too much. */
  note(bytes: number, samples: number, flaws: number): void {
    this.#silentBytes = samples > 0 ? 0 : this.#silentBytes + bytes;
    this.#flaws += flaws;
    if (this.#flaws > mostFlaws) throw new Error('it is damaged in many places');
    if (this.#silentBytes > mostSilentBytes) throw new Error('no sound came out of it');
  }
}
