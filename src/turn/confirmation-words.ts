import type { ConfirmationPhrases } from '#src/turn/languages/language-words.ts';
import { languages } from '#src/turn/languages/languages.ts';
import { classify } from '#src/turn/overlap/interjections.ts';
import { phrasesIn } from '#src/turn/overlap/interjections-tables.ts';
import { pause, tokensOf } from '#src/turn/overlap/interjections-text.ts';

/** Longest confirmation, in tokens: words, or letters of scripts without spaces. */
const mostTokens = 16;

type ConfirmationTable = ConfirmationPhrases & { readonly code: string };

const tables: readonly ConfirmationTable[] = languages.flatMap(({ code, confirmations }) =>
  confirmations
    ? [
        {
          code,
          yes: phrasesIn(confirmations.yes),
          beside: phrasesIn(confirmations.beside),
        },
      ]
    : [],
);

const refusals = new Set(
  languages.flatMap(({ overlap: { neverMind, refusals, stop, wait } }) =>
    phrasesIn([...(refusals ?? []), ...neverMind, ...stop, ...wait]),
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
  const tokens = tokensOf(text).filter((token) => token !== pause);
  if (tokens.length === 0 || tokens.length > mostTokens) return false;
  const { kind } = classify(text, { isFinal: true, names });
  if (kind === 'stop' || kind === 'wait' || kind === 'never-mind') return false;
  const called = phrasesIn(names).filter((name) => name !== '');
  return tablesOf(language).some(({ yes, beside }) =>
    isCovered(tokens.join(' '), { yes, beside: [...beside, ...called] }),
  );
}

/** Those of a language that has one; else all, without what refuses in any language: Poles say yes with a no of Malays. */
function tablesOf(language: string | undefined): readonly ConfirmationTable[] {
  const code = language?.split('-')[0];
  if (!tables.some((one) => one.code === code)) return unambiguous;
  return tables.filter((one) => one.code === code || one.code === 'en');
}

/** Whether phrases, one of them a yes, cover all of these words; `hasYes`: one was before them. */
function isCovered(words: string, { yes, beside }: ConfirmationPhrases, hasYes = false): boolean {
  if (words === '') return hasYes;
  const follows = (phrase: string, isConfirming: boolean) =>
    `${words} `.startsWith(`${phrase} `) &&
    isCovered(words.slice(phrase.length + 1), { yes, beside }, hasYes || isConfirming);
  return yes.some((one) => follows(one, true)) || beside.some((one) => follows(one, false));
}
