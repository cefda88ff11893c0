import { type Admitted, admit } from '#src/base/admitted.ts';

/**
 * A language (BCP 47) that somebody set: a person for their own speech, a program for its recording, or the operator. The
 * bot's guesses are plain strings, so that none of them compiles in its place.
 */
export type ChosenLanguage = Admitted<string, 'language'>;

/**
 * Admits a language where a setting enters: a command, a row of settings, a form or `.env`. `test/gates/admissions.test.ts`
 * names the callers.
 *
 * @example
 * import { admitChosenLanguage, type ExpectedLanguage } from '#src/base/language/expected-language.ts';
 *
 * const set: ExpectedLanguage = { kind: 'set', language: admitChosenLanguage('de') };
 * // @ts-expect-error: Nobody set what the bot has learned.
 * const learned: ExpectedLanguage = { kind: 'set', language: 'de' };
 * set.language; // 'de'
 */
export function admitChosenLanguage(tag: string): ChosenLanguage {
  return admit('language', tag);
}

/** A language (BCP 47) that the bot guesses. `weight` multiplies its probability before anything is heard. */
export type LikelyLanguage = { readonly language: string; readonly weight: number };

/** Guesses of the bot, the likeliest first. `others` is the weight of each language that is not listed. */
export type LikelyLanguages = {
  readonly languages: readonly LikelyLanguage[];
  readonly others: number;
};

/** The language that a recogniser is told: `set` binds, and `likely` only weighs, since no guess decides what was heard. */
export type ExpectedLanguage =
  | { readonly kind: 'set'; readonly language: ChosenLanguage }
  | ({ readonly kind: 'likely' } & LikelyLanguages);

/** Replaces guesses by the language that the operator set, if any. A language that the speaker set stays. */
export function applyOperatorLanguage(
  expected: ExpectedLanguage | undefined,
  language: ChosenLanguage | undefined,
): ExpectedLanguage | undefined {
  if (expected?.kind === 'set' || language === undefined) return expected;
  return { kind: 'set', language };
}

/** Finds the language that somebody set. Undefined for guesses. */
export function findSetLanguage(
  expected: ExpectedLanguage | undefined,
): ChosenLanguage | undefined {
  return expected?.kind === 'set' ? expected.language : undefined;
}

/** Lists the guessed languages, the likeliest first. Empty where one is set. */
export function listLikelyLanguages(
  expected: ExpectedLanguage | undefined,
): readonly string[] {
  if (expected?.kind !== 'likely') return [];
  return expected.languages.map(({ language }) => language);
}

/** Removes region and script of a BCP 47 tag: `pt` for `pt-BR`. */
export function toBaseLanguage(tag: string): string {
  return tag.toLowerCase().split('-', 1)[0] ?? tag;
}

/** Tests whether two BCP 47 tags name one language, whatever their regions. */
export function isSameLanguage(tag: string, otherTag: string): boolean {
  return toBaseLanguage(tag) === toBaseLanguage(otherTag);
}

/** Tests whether a language is in a list of BCP 47 tags, whatever the regions. */
export function includesLanguage(tags: readonly string[], language: string): boolean {
  return tags.some((tag) => isSameLanguage(tag, language));
}
