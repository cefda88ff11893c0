import { readFileSync } from 'node:fs';
import { hashFeature, listEndingFeatures } from './ending-features.ts';

/** Turns a sum of weights into a logit: `slope * sum + offset`. */
type Calibration = { readonly slope: number; readonly offset: number };

/** Bytes of a calibration. */
export const calibrationBytes: number = 8;
/** Slots for features of all languages together, and of each. */
export const slotCount: number = 2 ** 18;
/** Slots for what each language but English has learnt beside them. */
export const ownSlotCount: number = 200_000;
/** Where the table of single languages begins. */
export const ownTableAt: number = 2 * calibrationBytes + 2 * slotCount;
/** Size of the file. */
export const endingsBytes: number = ownTableAt + calibrationBytes + 2 * ownSlotCount;
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
  readonly #shared: WeightTable;
  readonly #own: WeightTable;
  readonly #untold: Calibration;
  readonly #english: Calibration;
  readonly #told: Calibration;

  /**
   * Takes the bytes of the file: calibrations of English and of untold languages, a weight and a mark for each slot; a calibration of other
   * languages, and the same for each slot of theirs.
   */
  constructor(bytes: Uint8Array) {
    if (bytes.length !== endingsBytes)
      throw new Error('a damaged file of word endings');
    this.#english = readCalibration(bytes, 0);
    this.#untold = readCalibration(bytes, calibrationBytes);
    this.#told = readCalibration(bytes, ownTableAt);
    this.#shared = new WeightTable(bytes, 2 * calibrationBytes, slotCount);
    this.#own = new WeightTable(bytes, ownTableAt + calibrationBytes, ownSlotCount);
  }

  /** Gets the logit, from -2.6 to 2.6, that these words in lower case are whole. `language` is an ISO 639-1 code, empty where nobody knows it. */
  getLogit(spokenWords: readonly string[], language: string): number {
    const { slope, offset } = this.#getCalibration(language);
    const logit = slope * this.sumWeights(spokenWords, language) + offset;
    return Math.max(-maxLogit, Math.min(maxLogit, logit));
  }

  /** Sums the weights up before calibration. */
  sumWeights(spokenWords: readonly string[], language: string): number {
    let sum = 0;
    for (const feature of listEndingFeatures(spokenWords)) {
      sum += this.#shared.findWeight(hashFeature(feature));
      if (language === '') continue;
      const hash = hashFeature(`${language} ${feature}`);
      sum += this.#shared.findWeight(hash);
      if (language !== 'en') sum += this.#own.findWeight(hash);
    }
    return sum * weightStep;
  }

  #getCalibration(language: string) {
    if (language === '') return this.#untold;
    return language === 'en' ? this.#english : this.#told;
  }
}

/** Weights of features by their hashes. */
class WeightTable {
  readonly #slots: number;
  readonly #weights: Int8Array;
  /** The upper 8 bits of the feature's hash, so that few unknown features meet a weight. */
  readonly #marks: Uint8Array;

  constructor(bytes: Uint8Array, at: number, slots: number) {
    this.#slots = slots;
    this.#weights = new Int8Array(bytes.buffer, bytes.byteOffset + at, slots);
    this.#marks = bytes.subarray(at + slots, at + 2 * slots);
  }

  /** Finds a weight in steps, 0 where the feature was not learnt. */
  findWeight(hash: number) {
    for (let probe = 0; probe < maxProbes; probe++) {
      const slot = (hash + probe) % this.#slots;
      const weight = this.#weights[slot] ?? 0;
      if (weight === 0) return 0;
      if (this.#marks[slot] === hash >>> 24) return weight;
    }
    return 0;
  }
}

function readCalibration(bytes: Uint8Array, at: number): Calibration {
  const view = new DataView(bytes.buffer, bytes.byteOffset + at, calibrationBytes);
  return { slope: view.getFloat32(0, true), offset: view.getFloat32(4, true) };
}

/** Reads the weights that are shipped. */
export function readWordEndings(): WordEndings {
  return new WordEndings(readFileSync(new URL('./word-endings.bin', import.meta.url)));
}
