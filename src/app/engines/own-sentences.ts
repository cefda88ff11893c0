import { clausesOf } from '#src/chat/text/clauses.ts';
import { fixedTexts, knownLocale, type Locale } from '#src/texts/texts.ts';

/** Tells whether a text is a fixed sentence of the bot, or a clause of one, in the language of a voice. */
export function ownSentences(): (text: string, language: string | undefined) => boolean {
  const known = new Map<Locale, ReadonlySet<string>>();
  return (text, language) => {
    const locale = knownLocale(language) ?? 'en';
    const sentences = known.get(locale) ?? new Set(piecesIn(locale));
    known.set(locale, sentences);
    return sentences.has(text);
  };
}

function* piecesIn(locale: Locale): Generator<string> {
  for (const whole of fixedTexts(locale)) {
    yield whole;
    yield* clausesOf(whole);
  }
}
