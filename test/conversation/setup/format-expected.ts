import type { ExpectedLanguage } from '#src/base/language/expected-language.ts';

/** The language that somebody set, or the guesses: `maybe de 4, en 2`. */
export function formatExpected(expected: ExpectedLanguage | undefined) {
  if (expected?.kind !== 'likely') return expected?.language;
  return `maybe ${expected.languages.map(({ language, weight }) => `${language} ${weight}`).join(', ')}`;
}
