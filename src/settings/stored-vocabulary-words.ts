import { z } from 'zod';
import { tryParseJson } from '#src/base/json.ts';
import { toOneLine } from '#src/texts/plain-text.ts';
import { hasHiddenCharacters } from './persona.ts';

/** Most characters of a word, and of its pronunciation. */
export const maxWordChars = 40;
export const maxSayChars = 80;

const wordKeyPrefix = 'word:';

const storedWordSchema = z.object({
  word: z.string(),
  say: z.string().optional(),
  addedMs: z.number(),
});

/** Builds a key that ignores case and accents. */
export function toWordKey(word: string): string {
  return `${wordKeyPrefix}${word.normalize('NFKC').replace(/\s+/g, ' ').trim().toLowerCase()}`;
}

/** Tests for a key of `toWordKey`. */
export function isWordKey(key: string): boolean {
  return key.startsWith(wordKeyPrefix);
}

/** Parses a word. Undefined if the text is none. */
export function parseWord(typed: string): string | undefined {
  return parseLine(typed, maxWordChars, /[\p{L}\p{N}]/u);
}

/** Parses a pronunciation, which needs a letter. */
export function parsePronunciation(typed: string): string | undefined {
  return parseLine(typed, maxSayChars, /\p{L}/u);
}

/** Formats a word for the store. `addedMs` is the time of its addition by the wall clock. */
export function formatStoredWord({ word, say }: ServerWord, addedMs: number): string {
  return JSON.stringify({ word, say, addedMs });
}

/** Lists the words among the stored settings, newest first. Unreadable ones are left out. */
export function listServerWords(
  storedValues: ReadonlyMap<string, string>,
): readonly ServerWord[] {
  return [...storedValues]
    .filter(([key]) => isWordKey(key))
    .map(([, value]) => storedWordSchema.safeParse(tryParseJson(value)).data)
    .filter((entry) => entry !== undefined)
    .toSorted((a, b) => b.addedMs - a.addedMs)
    .map(({ word, say }) => ({ word, say }));
}

/** Parses one line of text. Refuses hidden characters and markup. */
function parseLine(typed: string, maxChars: number, needs: RegExp) {
  const text = toOneLine(typed).replace(/\s+/g, ' ').trim();
  const isFit = text.length <= maxChars && needs.test(text);
  return isFit && !/[<>{}[\]|]/.test(text) && !hasHiddenCharacters(text)
    ? text
    : undefined;
}

export type ServerWord = {
  readonly word: string;
  /** Absent if the word is said as it is written. */
  readonly say?: string;
};
