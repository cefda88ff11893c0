import type { ConfirmationPhrases, SpokenCommandPhrases } from './languages/language-words.ts';
import { languages } from './languages/languages.ts';
import {
  classify,
  isHum,
  nameEndsIn,
  pause,
  phrasesIn,
  tokensIn,
  tokensOf,
} from './overlap/interjections.ts';
import { plainWords } from './same-words.ts';

/** Longest sentence that is looked at, in tokens: words, or letters of scripts without spaces. */
const mostTokens = 30;

/** Words of a text with single spaces between, as `phrasesIn` gives those of word data; none of a longer text. */
function wordsOf(text: string): string {
  const tokens = tokensOf(text).filter((token) => token !== pause);
  return tokens.length > mostTokens ? '' : tokens.join(' ');
}

/** Whether a sentence consists of phrases, at least one of them wanted; the others stand beside it. `isFound`: one was before. */
function consistsOf(
  words: string,
  wanted: readonly string[],
  beside: readonly string[],
  isFound = false,
): boolean {
  if (words === '') return isFound;
  const goesOnWith = (phrase: string, isWanted: boolean) =>
    phrase !== '' &&
    `${words} `.startsWith(`${phrase} `) &&
    consistsOf(words.slice(phrase.length + 1), wanted, beside, isFound || isWanted);
  const isWanted = wanted.some((one) => goesOnWith(one, true));
  return isWanted || beside.some((one) => goesOnWith(one, false));
}

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

/** Command of a person about themselves or the bot, by the list of `LanguageWords.commands` that holds its phrases. */
export type SpokenCommand = Exclude<keyof SpokenCommandPhrases, 'beside' | 'others'>;

/** Longest utterance, in characters, that is only a command. */
const mostChars = 120;
/** Every list of commands: a further one is added here and in the word data. */
const all: readonly SpokenCommand[] = ['doNotHear', 'pauseHearing'];

/** Commands and the words beside them, of all languages, by their tokens with spaces between. */
const phrases = new Map<string, SpokenCommand | 'beside'>(
  languages.flatMap(({ commands }) => [
    ...phrasesIn(commands.beside).map((phrase) => [phrase, 'beside'] as const),
    ...all.flatMap((command) =>
      (commands[command] ?? []).flatMap(spelled).map((phrase) => [phrase, command] as const),
    ),
  ]),
);
const longest = Math.max(...[...phrases.keys()].map((phrase) => phrase.split(' ').length));
const others = languages.flatMap(({ commands }) => commands.others ?? []);

/**
 * Command that an utterance is as a whole: nothing in it is left over but politeness, hums, and `names`, the bot's names.
 *
 * Undefined for a question, for two different commands, and for a longer sentence that holds one. All languages count at once.
 */
export function spokenCommand(text: string, names: readonly string[]): SpokenCommand | undefined {
  if (text.length > mostChars || /[?\uff1f\u061f]/u.test(text)) return undefined;
  const words = ` ${plainWords(text)} `;
  if (others.some((one) => words.includes(` ${one} `))) return undefined;
  const tokens = tokensOf(text);
  const named = nameEndsIn(tokens, names);
  const found = new Set<SpokenCommand>();
  for (let at = 0; at < tokens.length; ) {
    const { to, kind } = phraseAt(tokens, at) ?? { to: Math.max(at, ...(named[at] ?? [])) };
    if (to === at) return undefined;
    if (kind && kind !== 'beside') found.add(kind);
    at = to;
  }
  const [command, ...more] = found;
  return more.length === 0 ? command : undefined;
}

type PhraseMatch = { readonly to: number; readonly kind?: SpokenCommand | 'beside' };

/** The longest phrase that begins there. */
function phraseAt(tokens: readonly string[], at: number): PhraseMatch | undefined {
  for (let to = Math.min(tokens.length, at + longest); to > at; to--) {
    const kind = phrases.get(tokens.slice(at, to).join(' '));
    if (kind) return { to, kind };
  }
  const token = tokens[at] ?? '';
  return token === pause || isHum(token) ? { to: at + 1 } : undefined;
}

/** A phrase as recognisers write it: with its pauses, and without. */
function spelled(phrase: string): string[] {
  return [tokensIn(phrase).join(' '), ...phrasesIn([phrase])];
}
