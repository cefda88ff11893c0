import { readFileSync } from 'node:fs';

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
/** Slots for corrections of what both tables say. */
export const correctionSlotCount: number = 37_000;
/** Where the table of corrections begins. */
export const correctionTableAt: number =
  ownTableAt + calibrationBytes + 2 * ownSlotCount;
/** Where the ISO 639-1 codes of the corrected languages stand. */
export const correctedCodesAt: number = correctionTableAt + 2 * correctionSlotCount;
/** Size of the file. */
export const endingsBytes: number = correctedCodesAt + 32 + calibrationBytes;
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
  readonly #corrections: WeightTable;
  readonly #correctedCodes: ReadonlySet<string>;
  readonly #corrected: Calibration;
  readonly #untold: Calibration;
  readonly #english: Calibration;
  readonly #told: Calibration;

  /**
   * Takes the bytes of the file: calibrations of English and of untold languages, a weight and a mark for each slot; a calibration of other
   * languages, and the same for each slot of theirs; and for each slot of corrections, with the codes of their languages and a
   * calibration.
   */
  constructor(bytes: Uint8Array) {
    if (bytes.length !== endingsBytes)
      throw new Error('a damaged file of word endings');
    this.#english = readCalibration(bytes, 0);
    this.#untold = readCalibration(bytes, calibrationBytes);
    this.#told = readCalibration(bytes, ownTableAt);
    this.#shared = new WeightTable(bytes, 2 * calibrationBytes, slotCount);
    this.#own = new WeightTable(bytes, ownTableAt + calibrationBytes, ownSlotCount);
    this.#corrections = new WeightTable(bytes, correctionTableAt, correctionSlotCount);
    const codes = bytes.subarray(correctedCodesAt, endingsBytes - calibrationBytes);
    this.#correctedCodes = new Set(new TextDecoder().decode(codes).match(/[a-z]{2}/g));
    this.#corrected = readCalibration(bytes, endingsBytes - calibrationBytes);
  }

  /** Gets the logit, from -2.6 to 2.6, that these words in lower case are whole. `language` is an ISO 639-1 code, empty where nobody knows it. */
  getLogit(spokenWords: readonly string[], language: string): number {
    const { slope, offset } = this.#correctedCodes.has(language)
      ? this.#corrected
      : unchanged;
    const logit = slope * this.sumCorrected(spokenWords, language) + offset;
    return Math.max(-maxLogit, Math.min(maxLogit, logit));
  }

  /** Gets the logit with corrections before their calibration. */
  sumCorrected(spokenWords: readonly string[], language: string): number {
    const features = listEndingFeatures(spokenWords);
    const told = hashTold(features, language);
    const logit = this.#calibrate(features, told, language);
    if (!this.#correctedCodes.has(language)) return logit;
    const more = hashTold(listFurtherFeatures(spokenWords), language);
    let sum = 0;
    for (const hash of [...told, ...more]) sum += this.#corrections.findWeight(hash);
    return logit + sum * weightStep;
  }

  /** Gets the logit without bounds and corrections. */
  getUncorrectedLogit(spokenWords: readonly string[], language: string): number {
    const features = listEndingFeatures(spokenWords);
    return this.#calibrate(features, hashTold(features, language), language);
  }

  /** Sums the weights up before calibration. */
  sumWeights(spokenWords: readonly string[], language: string): number {
    const features = listEndingFeatures(spokenWords);
    return this.#sumFeatures(features, hashTold(features, language), language);
  }

  #calibrate(features: readonly string[], told: readonly number[], language: string) {
    const { slope, offset } = this.#getCalibration(language);
    return slope * this.#sumFeatures(features, told, language) + offset;
  }

  /** `told` are the hashes of the features with their language, none where nobody knows it. */
  #sumFeatures(features: readonly string[], told: readonly number[], language: string) {
    let sum = 0;
    for (const feature of features)
      sum += this.#shared.findWeight(hashFeature(feature));
    for (const hash of told) {
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

const unchanged: Calibration = { slope: 1, offset: 0 };

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

/** Scripts without spaces between words, and how many characters stand for a word. */
const unspacedScripts = /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}]/u;
const thai = /\p{Script=Thai}/u;
const [charactersPerHanWord, charactersPerThaiWord] = [2, 4];

const longestSuffix = 8;
/** Longer texts are judged by their last words, and by the first two. */
const maxWords = 40;
/** Word counts from which a text counts as longer. */
const lengthSteps = [2, 3, 4, 5, 6, 8, 10, 13, 17, 25];

/**
 * Lists the features by which a text without punctuation is judged: its last words and letters, its first words and its length. Words are in
 * lower case.
 *
 * @example
 * import { listEndingFeatures } from '#src/turn/endpointing/word-endings.ts';
 *
 * listEndingFeatures(['what', 'time']).includes('b what time'); // true
 */
export function listEndingFeatures(spokenWords: readonly string[]): string[] {
  const words = spokenWords
    .slice(-maxWords)
    .map((word) => word.replace(/\p{N}+/gu, '0'));
  const [firstWord = '', secondWord = ''] = spokenWords;
  const [third = '^', second = '^', last = ''] = ['^', '^', ...words].slice(-3);
  const length = lengthSteps.filter((step) => countWords(words) >= step).length;
  return [
    `l ${length}`,
    `u ${last}`,
    `b ${second} ${last}`,
    `t ${third} ${second} ${last}`,
    `s ${second}`,
    `w ${third} ${second}`,
    `x ${length} ${last}`,
    `f ${firstWord} ${length}`,
    `g ${firstWord} ${secondWord} ${length}`,
    `h ${firstWord} ${last}`,
    `i ${firstWord} ${secondWord} ${last}`,
    `m ${second.slice(-3)} ${last.slice(-3)}`,
    ...listSuffixes(`^ ${words.slice(-4).join(' ')}`),
    ...new Set(words.slice(0, -1).map((word) => `c ${word}`)),
  ];
}

/** Words so far from the end are features of their own. */
const distances = [3, 4, 5] as const;

/** Lists the features that corrections have: those of `listEndingFeatures`, and further ones. */
export function listCorrectionFeatures(spokenWords: readonly string[]): string[] {
  return [...listEndingFeatures(spokenWords), ...listFurtherFeatures(spokenWords)];
}

/** Lists the first word with the letters of the last, and words at a distance from the end. */
function listFurtherFeatures(spokenWords: readonly string[]) {
  const [firstWord = ''] = spokenWords;
  return [
    `j ${firstWord} ${spokenWords.at(-1)?.slice(-3)}`,
    ...distances.map((distance) => `d ${distance} ${spokenWords.at(-distance) ?? '^'}`),
  ];
}

function hashTold(features: readonly string[], language: string): readonly number[] {
  return language === ''
    ? []
    : features.map((feature) => hashFeature(`${language} ${feature}`));
}

function listSuffixes(text: string) {
  const characters = [...text].slice(-longestSuffix);
  return characters.map((_, n) => `e ${characters.slice(n).join('')}`);
}

function countWords(words: readonly string[]) {
  const text = words.join('');
  if (thai.test(text)) return Math.round(text.length / charactersPerThaiWord);
  if (unspacedScripts.test(text)) return Math.round(text.length / charactersPerHanWord);
  return words.length;
}

/** Hashes a feature to 32 bits (FNV-1a, mixed at the end). */
export function hashFeature(feature: string): number {
  let hash = 0x81_1c_9d_c5;
  for (let n = 0; n < feature.length; n++)
    hash = Math.imul(hash ^ feature.charCodeAt(n), 0x01_00_01_93);
  hash = Math.imul(hash ^ (hash >>> 15), 0x2c_1b_3c_6d);
  return (hash ^ (hash >>> 13)) >>> 0;
}
