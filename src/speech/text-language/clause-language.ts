import { toBaseLanguage } from '#src/speech/hints.ts';
import type { TextLanguageDetector } from './text-language.ts';

/** Languages (BCP 47) that a clause may be in, as far as they are known beside its words. */
export type LanguageClues = {
  /** Language of the answer, as the person or the persona would have it. It weighs, and never decides. */
  readonly expected?: string | undefined;
  /** Language of the clause before, in the same text. */
  readonly before?: string | undefined;
  /** Languages that some voice speaks although others do not. */
  readonly spoken: readonly string[];
};

/** Fewer words are compared only with the languages of the clues: "Stop" is a word in twelve languages. */
const minSureWords = 3;
/** "Toss a coin" is Hungarian rather than English with 0.82. */
const minSureProbability = 0.9;

const segmenter = new Intl.Segmenter('en', { granularity: 'word' });
const maxCountedChars = 200;

/**
 * Decides the language of one clause by its own words: the language that they surely show, of all or, for one or two
 * words, of those in the clues. An unsure clause is in the language of the clause before, else in the expected one.
 * Undefined: nothing speaks for any language. Never rejects.
 *
 * @example
 * import { decideClauseLanguage } from '#src/speech/text-language/clause-language.ts';
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
  const wordCount = countWords(text);
  const detected = wordCount > 0 ? await detector.detect(text, []) : undefined;
  if (!detected) return known;
  const clues = [expected, before, ...spoken].filter((tag) => tag !== undefined);
  const isOwnScript = detected.probability === 1;
  const isLong = wordCount >= minSureWords || isOwnScript;
  const candidates = isLong ? [detected.language, ...clues] : clues;
  const likeliest =
    (await detector.detect(text, candidates)) ?? (isLong ? detected : undefined);
  const isSure = likeliest && likeliest.probability >= minSureProbability;
  if (!isSure) return known;
  // The clue names the region, too: `pt-BR`.
  return (
    clues.find((tag) => speaksLanguage([likeliest.language], tag)) ?? likeliest.language
  );
}

/** Counts words without numbers, also where they are written together, as in Japanese. Only the first 200 characters count. */
export function countWords(text: string): number {
  let count = 0;
  for (const { segment, isWordLike } of segmenter.segment(
    text.slice(0, maxCountedChars),
  ))
    if (isWordLike && /\p{L}/u.test(segment)) count++;
  return count;
}

/** Tests whether a language is among those that a voice speaks. Undefined languages are all. */
export function speaksLanguage(
  languages: readonly string[] | undefined,
  language: string,
): boolean {
  const base = toBaseLanguage(language);
  return (
    languages === undefined || languages.some((tag) => toBaseLanguage(tag) === base)
  );
}
