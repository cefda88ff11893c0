import { splitClauses } from '#src/chat/text/clause-splitter.ts';
import { findLocale, fixedTexts, type Locale } from '#src/texts/texts.ts';

/** Tells whether a text is a fixed sentence of the bot, or a clause of one, in the language of a voice. */
export function createOwnSentenceTest(): (text: string, language: string | undefined) => boolean {
  const known = new Map<Locale, ReadonlySet<string>>();
  return (text, language) => {
    const locale = findLocale(language) ?? 'en';
    const sentences = known.get(locale) ?? new Set(listPieces(locale));
    known.set(locale, sentences);
    return sentences.has(text);
  };
}

function* listPieces(locale: Locale): Generator<string> {
  for (const whole of fixedTexts(locale)) {
    yield whole;
    yield* splitClauses(whole);
  }
}
