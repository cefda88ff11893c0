import { z } from 'zod';
import { tryParseJson } from '#src/base/json.ts';
import { toOneLine } from '#src/texts/plain-text.ts';
import { hasHiddenCharacters } from './persona.ts';

export const [mostWordChars, mostSayChars] = [40, 80];

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

/** Parses a word. Undefined if the text is none. */
export function parseWord(typed: string): string | undefined {
  return parseLine(typed, mostWordChars, /[\p{L}\p{N}]/u);
}

/** Parses a pronunciation, which needs a letter. */
export function parsePronunciation(typed: string): string | undefined {
  return parseLine(typed, mostSayChars, /\p{L}/u);
}

export function formatStoredWord({ word, say }: ServerWord, addedMs: number): string {
  return JSON.stringify({ word, say, addedMs });
}

export function listServerWords(
  set: ReadonlyMap<string, string>,
): readonly ServerWord[] {
  return [...set]
    .filter(([key]) => key.startsWith(wordKeyPrefix))
    .map(([, value]) => storedWordSchema.safeParse(tryParseJson(value)).data)
    .filter((one) => one !== undefined)
    .toSorted((one, other) => other.addedMs - one.addedMs)
    .map(({ word, say }) => ({ word, say }));
}

/** Parses a line. Refuses hidden characters and markup. */
function parseLine(typed: string, mostChars: number, needs: RegExp) {
  const line = toOneLine(typed).replace(/\s+/g, ' ').trim();
  const isFit = line.length <= mostChars && needs.test(line);
  return isFit && !/[<>{}[\]|]/.test(line) && !hasHiddenCharacters(line)
    ? line
    : undefined;
}

export type ServerWord = {
  readonly word: string;
  /** Absent if the word is said as it is written. */
  readonly say?: string;
};
