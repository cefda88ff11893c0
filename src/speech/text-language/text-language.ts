import { readFile } from 'node:fs/promises';
import { includesLanguage } from '#src/base/language/expected-language.ts';
import type { DetectedLanguage, LanguageNgrams } from './language-ngrams.ts';

/** Detects the language of a text that comes without a language. */
export interface TextLanguageDetector {
  /**
   * Returns the most likely language, as a code without region: `pt` for `pt-BR`, `nb` for Norwegian. `among` are BCP 47
   * tags; empty allows all. Undefined if no piece of the text is known in these, or the data cannot be read. Never
   * rejects.
   */
  detect(text: string, among: readonly string[]): Promise<DetectedLanguage | undefined>;
}

const ngramsFile = new URL('./ngrams.txt', import.meta.url);

/** Detector of 26 languages by n-grams, about 1.8 MB in a process after the first use. */
export class NgramLanguageDetector implements TextLanguageDetector {
  /** The data never change, so all detectors share them. */
  static #loading: Promise<LanguageNgrams> | undefined;

  /** Reads the data, so that no answer waits for them. Never rejects. */
  async load(): Promise<void> {
    await this.detect('', []);
  }

  /** Detects the most likely language, as the interface says. The first call reads the data. */
  async detect(
    text: string,
    among: readonly string[],
  ): Promise<DetectedLanguage | undefined> {
    NgramLanguageDetector.#loading ??= loadNgrams();
    try {
      return (await NgramLanguageDetector.#loading).detectLanguage(text, among);
    } catch {
      NgramLanguageDetector.#loading = undefined; // The next call tries again.
      return undefined;
    }
  }
}

async function loadNgrams() {
  const [{ LanguageNgrams }, text] = await Promise.all([
    import('./language-ngrams.ts'),
    readFile(ngramsFile, 'utf8'),
  ]);
  return LanguageNgrams.parseText(text);
}

/** Fewer words are sure only among few languages: "Stop" is a word in twelve. */
const minSureWords = 3;
/** "Toss a coin" is Hungarian rather than English with 0.82. */
const minSureProbability = 0.9;

const segmenter = new Intl.Segmenter('en', { granularity: 'word' });
const maxCountedChars = 200;

/** Lists words without numbers, also where they are written together, as in Japanese. Only the first 200 characters count. */
export function listWords(text: string): readonly string[] {
  const counted = text.slice(0, maxCountedChars);
  return [...segmenter.segment(counted)]
    .filter(({ segment, isWordLike }) => isWordLike && /\p{L}/u.test(segment))
    .map(({ segment }) => segment);
}

/** Tests whether a text is long enough to compare all languages. */
export function isLongEnough(text: string, detected: DetectedLanguage): boolean {
  return detected.isOwnScript || listWords(text).length >= minSureWords;
}

/** Tests whether a detected language is sure, in a text that is long enough or among few languages. */
export function isSure(detected: DetectedLanguage | undefined): boolean {
  return detected !== undefined && detected.probability >= minSureProbability;
}

/** Languages (BCP 47) that a clause may be in, as far as they are known beside its words. */
export type LanguageClues = {
  /** Language of the answer, as the person or the persona would have it. It weighs, and never decides. */
  readonly expected?: string | undefined;
  /** Language of the clause before, in the same text. */
  readonly before?: string | undefined;
  /** Languages that some voice speaks although others do not. */
  readonly spoken: readonly string[];
};

/**
 * Decides the language of one clause by its own words: the language that they surely show, of all or, for one or two
 * words, of those in the clues. An unsure clause is in the language of the clause before, else in the expected one.
 * Undefined: nothing speaks for any language. Never rejects.
 *
 * @example
 * import { decideClauseLanguage } from '#src/speech/text-language/text-language.ts';
 * import { NgramLanguageDetector } from '#src/speech/text-language/text-language.ts';
 *
 * const clues = { expected: 'de', spoken: ['en'] };
 * await decideClauseLanguage('I can tell the time.', clues, new NgramLanguageDetector()); // 'en'
 */
export async function decideClauseLanguage(
  text: string,
  { expected, before, spoken }: LanguageClues,
  detector: TextLanguageDetector,
): Promise<string | undefined> {
  const known = before ?? expected;
  const hasWords = listWords(text).length > 0;
  const detected = hasWords ? await detector.detect(text, []) : undefined;
  if (!detected) return known;
  const clues = [expected, before, ...spoken].filter((tag) => tag !== undefined);
  // An unsure one of all languages is no better than a clue: of "Hello, I am Nova." it is Italian.
  const isFound = isLongEnough(text, detected) && isSure(detected);
  const candidates = isFound ? [detected.language, ...clues] : clues;
  const likeliest =
    (await detector.detect(text, candidates)) ?? (isFound ? detected : undefined);
  if (!likeliest || !isSure(likeliest)) return known;
  // The clue names the region, too: `pt-BR`.
  return (
    clues.find((tag) => speaksLanguage([likeliest.language], tag)) ?? likeliest.language
  );
}

/** Tests whether a language is among those that a voice speaks. Undefined languages are all. */
export function speaksLanguage(
  languages: readonly string[] | undefined,
  language: string,
): boolean {
  return languages === undefined || includesLanguage(languages, language);
}
