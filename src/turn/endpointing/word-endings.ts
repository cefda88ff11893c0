import { readFileSync } from 'node:fs';
import { hashFeature, listEndingFeatures } from './ending-features.ts';

/** Turns a sum of weights into a logit: `slope * sum + offset`. */
type Calibration = { readonly slope: number; readonly offset: number };

export const headerBytes: number = 16;
/** Slots for features. */
export const slotCount: number = 2 ** 18;
/** Size of the file. */
export const endingsBytes: number = headerBytes + 2 * slotCount;
/** Value of one step of a weight. */
export const weightStep: number = 0.04;
/** A feature lies in its slot or in one of the next ones. */
export const maxProbes: number = 8;
/** Logit beyond which the words alone are never believed. */
const maxLogit = 2.6;

/**
 * Learnt weights of the words at which people end: how likely a text without punctuation is whole. `scripts/models/endings.mjs` learns them
 * and says how right they are.
 */
export class WordEndings {
  readonly #weights: Int8Array;
  /** The upper 8 bits of the feature's hash, so that few unknown features meet a weight. */
  readonly #marks: Uint8Array;
  readonly #told: Calibration;
  readonly #untold: Calibration;

  /** Takes the bytes of the file: four floats of calibration, a weight and a mark for each slot. */
  constructor(bytes: Uint8Array) {
    if (bytes.length !== endingsBytes)
      throw new Error('a damaged file of word endings');
    const header = new DataView(bytes.buffer, bytes.byteOffset, headerBytes);
    const readNumber = (at: number) => header.getFloat32(at, true);
    this.#told = { slope: readNumber(0), offset: readNumber(4) };
    this.#untold = { slope: readNumber(8), offset: readNumber(12) };
    this.#weights = new Int8Array(
      bytes.buffer,
      bytes.byteOffset + headerBytes,
      slotCount,
    );
    this.#marks = bytes.subarray(headerBytes + slotCount);
  }

  /** Gets the logit, from -2.6 to 2.6, that these words in lower case are whole. `language` is an ISO 639-1 code, empty where nobody knows it. */
  getLogit(spokenWords: readonly string[], language: string): number {
    const sum = this.sumWeights(spokenWords, language);
    const { slope, offset } = language === '' ? this.#untold : this.#told;
    return Math.max(-maxLogit, Math.min(maxLogit, slope * sum + offset));
  }

  /** Sums the weights up before calibration. */
  sumWeights(spokenWords: readonly string[], language: string): number {
    let sum = 0;
    for (const feature of listEndingFeatures(spokenWords)) {
      sum += this.#findWeight(hashFeature(feature));
      if (language !== '')
        sum += this.#findWeight(hashFeature(`${language} ${feature}`));
    }
    return sum * weightStep;
  }

  #findWeight(hash: number) {
    for (let probe = 0; probe < maxProbes; probe++) {
      const slot = (hash + probe) % slotCount;
      const weight = this.#weights[slot] ?? 0;
      if (weight === 0) return 0;
      if (this.#marks[slot] === hash >>> 24) return weight;
    }
    return 0;
  }
}

/** Reads the weights that are shipped. */
export function readWordEndings(): WordEndings {
  return new WordEndings(readFileSync(new URL('./word-endings.bin', import.meta.url)));
}
