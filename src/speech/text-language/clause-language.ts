import { includesLanguage } from '#src/base/language/expected-language.ts';
import {
  isLongEnough,
  isSure,
  listWords,
  type TextLanguageDetector,
} from './text-language.ts';

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
