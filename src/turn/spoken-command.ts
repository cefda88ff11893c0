import { phrasesIn } from '#src/turn/overlap/interjections-tables.ts';
import { isHum, pause, tokensIn, tokensOf } from '#src/turn/overlap/interjections-text.ts';
import type { SpokenCommandPhrases } from './languages/language-words.ts';
import { languages } from './languages/languages.ts';
import { nameEndsIn } from './overlap/interjections.ts';
import { plainWords } from './same-words.ts';

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
