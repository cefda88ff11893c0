import { z } from 'zod';
import { tryParseJson } from '#src/base/json.ts';
import { toOneLine } from '#src/texts/plain-text.ts';
import { hasHiddenCharacters } from './persona.ts';

/** Most characters of a word, and of how it is said. */
export const [mostWordChars, mostSayChars] = [40, 80];

const wordKeyPrefix = 'word:';

const storedWordSchema = z.object({
  word: z.string(),
  say: z.string().optional(),
  addedMs: z.number(),
});

/** Key under which the settings of a server hold a word, the same however it is written. */
export function toWordKey(word: string): string {
  return `${wordKeyPrefix}${word.normalize('NFKC').replace(/\s+/g, ' ').trim().toLowerCase()}`;
}

/** A word as it was typed, on one line; undefined for what is none. */
export function parseWord(typed: string): string | undefined {
  return parseLine(typed, mostWordChars, /[\p{L}\p{N}]/u);
}

/** Pronunciation of a word, as it was typed: a letter at least. */
export function parsePronunciation(typed: string): string | undefined {
  return parseLine(typed, mostSayChars, /\p{L}/u);
}

export function formatStoredWord({ word, say }: ServerWord, addedMs: number): string {
  return JSON.stringify({ word, say, addedMs });
}

/** All words of a server that can be read, those added last first. */
export function listServerWords(set: ReadonlyMap<string, string>): readonly ServerWord[] {
  return [...set]
    .filter(([key]) => key.startsWith(wordKeyPrefix))
    .map(([, value]) => storedWordSchema.safeParse(tryParseJson(value)).data)
    .filter((one) => one !== undefined)
    .toSorted((one, other) => other.addedMs - one.addedMs)
    .map(({ word, say }) => ({ word, say }));
}

/** Nothing that a person does not see, and nothing that a model could read as markup. */
function parseLine(typed: string, mostChars: number, needs: RegExp): string | undefined {
  const line = toOneLine(typed).replace(/\s+/g, ' ').trim();
  const isFit = line.length <= mostChars && needs.test(line);
  return isFit && !/[<>{}[\]|]/.test(line) && !hasHiddenCharacters(line) ? line : undefined;
}

/** A word that people of a server say. */
export type ServerWord = {
  readonly word: string;
  /** The letters by which it is said aloud; left out: as it is written. */
  readonly say?: string;
};
