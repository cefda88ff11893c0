import type { ConfirmationPhrases } from '#src/turn/languages/language-words.ts';
import { languages } from '#src/turn/languages/languages.ts';
import { classify } from '#src/turn/overlap/interjections.ts';
import { phrasesIn } from '#src/turn/overlap/interjections-tables.ts';
import { consistsOf, wordsOf } from './whole-sentence.ts';

type ConfirmationTable = ConfirmationPhrases & { readonly code: string };

const tables: readonly ConfirmationTable[] = languages.map(({ code, confirmations }) => ({
  code,
  yes: phrasesIn(confirmations.yes),
  beside: phrasesIn(confirmations.beside),
}));

const refusals = new Set(
  languages.flatMap(({ overlap: { neverMind, refusals, stop, wait } }) =>
    phrasesIn([...(refusals ?? []), ...neverMind, ...stop, ...(wait ?? [])]),
  ),
);
const unambiguous = tables.map(({ yes, ...table }) => ({
  ...table,
  yes: yes.filter((phrase) => !refusals.has(phrase)),
}));

/**
 * Whether a final text is a yes and nothing else: phrases of one language, with politeness and the bot's names around them. Where
 * the speaker's language is known (BCP 47), a yes of another one does not count, but for English. A question is no yes.
 */
export function isYes(text: string, names: readonly string[], language?: string): boolean {
  if (/[?\uff1f\u061f\u037e]/u.test(text)) return false;
  const { kind } = classify(text, { isFinal: true, names });
  if (kind === 'stop' || kind === 'wait' || kind === 'never-mind') return false;
  const words = wordsOf(text);
  const called = phrasesIn(names);
  return tablesOf(language).some(({ yes, beside }) =>
    consistsOf(words, yes, [...beside, ...called]),
  );
}

/** Those of a language that has one; else all, without what refuses in any language: Poles say yes with a no of Malays. */
function tablesOf(language: string | undefined): readonly ConfirmationTable[] {
  const code = language?.split('-')[0];
  if (!tables.some((one) => one.code === code)) return unambiguous;
  return tables.filter((one) => one.code === code || one.code === 'en');
}
