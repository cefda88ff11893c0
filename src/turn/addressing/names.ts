import { commonWords } from './addressing-phrases.ts';
import { isDense, type Sentence, type SentenceWord, sentencesOf } from './names-sentences.ts';
import { isWithin, latinOf, mostSlack, slackOf, soundOf } from './names-sound.ts';

const mostNames = 20;
const longestName = 60;

/** One name, ready to be found among words. */
export type Name = {
  /** Words of the name, normalised and written together. */
  readonly joined: string;
  /** Written without spaces, so it may be cut anywhere. */
  readonly dense: boolean;
  readonly words: number;
  /** Missing where only the exact spelling counts: other scripts and names of up to three letters. */
  readonly sound?: string;
  /** Also an everyday word, say Will: it needs a pause or a greeting to be a call. */
  readonly everyday: boolean;
};

/**
 * Form of a name in a text: `exact`; `alike` as recognisers misspell it; `inflected` with an ending that no call has, say
 * `Nova's`. `to` is the place after it.
 */
export type Hit = { readonly how: 'exact' | 'alike' | 'inflected'; readonly to: number };

/** Accepted spellings: `taken` words are names of people present and never a misspelling of the bot's. */
export type Tolerance = { readonly alike: boolean; readonly taken: ReadonlySet<string> };

export const exactly: Tolerance = { alike: false, taken: new Set() };

/** Names without a letter or digit, say of emoji alone, are left out; so are those after the twentieth. */
export function readNames(names: readonly string[]): Name[] {
  return names.slice(0, mostNames).flatMap((name) => readName(name) ?? []);
}

/**
 * The name that stands at `at`: the longest exact one, else the one that sounds most like it; of equal ones the first of
 * `names`.
 */
export function nameAt(
  { words }: Sentence,
  at: number,
  names: readonly Name[],
  { alike, taken }: Tolerance,
): (Hit & { readonly name: Name }) | undefined {
  let found: (Hit & { readonly name: Name }) | undefined;
  for (const name of names) {
    const hit = exactAt(words, at, name);
    if (hit && hit.to > (found?.to ?? 0)) found = { ...hit, name };
  }
  return found ?? (alike ? alikeAt(words, at, names, taken) : undefined);
}

function readName(name: string): Name | undefined {
  const words = sentencesOf(name.slice(0, longestName)).flatMap((sentence) => sentence.words);
  const joined = words.map(({ text }) => text).join('');
  if (joined === '') return undefined;
  const isSounded = [...joined].length > 3 && latinOf(joined) === joined;
  return {
    joined,
    dense: isDense(joined),
    words: words.length,
    everyday: words.length === 1 && commonWords.has(joined),
    ...(isSounded && { sound: soundOf(joined) }),
  };
}

function exactAt(words: readonly SentenceWord[], at: number, name: Name): Hit | undefined {
  const { text = '', parts = [] } = words[at] ?? {};
  const to = name.joined.startsWith(text) ? endOf(words, at, name.joined) : at;
  const isSplit = to - at > name.words && !name.dense;
  if (to > at) return isSplit ? undefined : { how: 'exact', to };
  const isInflected = parts.length > 1 && parts.includes(name.joined);
  return isInflected ? { how: 'inflected', to: at + 1 } : undefined;
}

/** The place after the words that, written together, are `joined`; `at` where they are not. */
function endOf(words: readonly SentenceWord[], at: number, joined: string): number {
  let heard = '';
  for (let to = at; to < words.length && joined.startsWith(heard); to++) {
    if (to > at && words[to]?.before === 'pause') break;
    heard += words[to]?.text ?? '';
    if (heard === joined) return to + 1;
  }
  return at;
}

/** A span of as many words as the name has may differ a little; one more or less must sound the same. */
function alikeAt(
  words: readonly SentenceWord[],
  at: number,
  names: readonly Name[],
  taken: ReadonlySet<string>,
): (Hit & { readonly name: Name }) | undefined {
  const longest = Math.max(...names.map(({ sound, words: count }) => (sound ? count + 1 : 0)));
  for (let length = 1; length <= Math.min(longest, words.length - at); length++) {
    const heard = soundAt(words.slice(at, at + length), taken);
    const name = heard && nearest(heard, length, names);
    if (name) return { how: 'alike', to: at + length, name };
  }
  return undefined;
}

/** The name that the fewest letters tell from what was heard. */
function nearest(heard: string, length: number, names: readonly Name[]): Name | undefined {
  for (let most = 0; most <= mostSlack; most++) {
    const found = names.find((name) => soundsLike(heard, length, name, most));
    if (found) return found;
  }
  return undefined;
}

/** `most`: letters that may differ, within the slack of the name. */
function soundsLike(heard: string, length: number, { sound, words }: Name, most: number): boolean {
  if (sound === undefined || heard[0] !== sound[0] || Math.abs(length - words) > 1) return false;
  return isWithin(heard, sound, Math.min(most, length === words ? slackOf(sound) : 0));
}

/** Joint phonetic code of some words, if they can be a misspelt name at all. */
function soundAt(span: readonly SentenceWord[], taken: ReadonlySet<string>): string | undefined {
  const [first, ...others] = span;
  if (!first || first.parts.length > 1 || taken.has(first.text)) return undefined;
  if (others.some(({ before }) => before !== 'space')) return undefined;
  if (others.length === 0 && commonWords.has(first.text)) return undefined;
  const joined = span.map(({ text }) => text).join('');
  if (joined.length < 3 || joined.length > 2 * longestName) return undefined;
  const latin = latinOf(joined);
  return latin === undefined ? undefined : soundOf(latin);
}
