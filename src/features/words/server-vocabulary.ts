import type { GuildId } from '#src/base/ids.ts';
import type { Deps } from '#src/conversation/session-dependencies.ts';
import type { StoredSettings } from '#src/settings/stored-settings.ts';
import {
  formatStoredWord,
  listServerWords,
  maxSayChars,
  maxWordChars,
  parsePronunciation,
  parseWord,
  type ServerWord,
  toWordKey,
} from '#src/settings/stored-vocabulary-words.ts';

export type WordList = {
  readonly words: readonly ServerWord[];
  readonly isRead: boolean;
  readonly limit: number;
};

export type WordAddOutcome =
  /** `saved` is false if the word ends with the process. */
  | {
      readonly kind: 'added' | 'replaced';
      readonly word: ServerWord;
      readonly saved: boolean;
    }
  | { readonly kind: 'bad-word' | 'bad-say'; readonly mostChars: number }
  | { readonly kind: 'full'; readonly limit: number };

export type WordRemoveOutcome =
  | { readonly kind: 'removed'; readonly word: string; readonly saved: boolean }
  | { readonly kind: 'unknown'; readonly known: readonly string[] };

const maxWords = 200;

export type ServerVocabulary = ReturnType<typeof createServerVocabulary>;

export function createServerVocabulary(
  { clock }: Deps<'clock'>,
  settings: Pick<StoredSettings, 'getStoredValues' | 'loadGuild' | 'setValue'>,
) {
  return {
    /** Lists the words, sorted. `isRead` is false if the store could not be read. */
    async listWords(guildId: GuildId): Promise<WordList> {
      const isRead = await settings.loadGuild(guildId);
      const words = listServerWords(settings.getStoredValues(guildId)).toSorted(
        (one, other) => one.word.localeCompare(other.word),
      );
      return { words, isRead, limit: maxWords };
    },

    /** Adds a word, or replaces it in any spelling. */
    async addWord(
      guildId: GuildId,
      typed: string,
      typedSay?: string,
    ): Promise<WordAddOutcome> {
      const word = parseWord(typed);
      if (word === undefined) return { kind: 'bad-word', mostChars: maxWordChars };
      const say = typedSay === undefined ? undefined : parsePronunciation(typedSay);
      if (typedSay !== undefined && say === undefined)
        return { kind: 'bad-say', mostChars: maxSayChars };
      await settings.loadGuild(guildId);
      const before = settings.getStoredValues(guildId);
      const isNew = !before.has(toWordKey(word));
      if (isNew && listServerWords(before).length >= maxWords)
        return { kind: 'full', limit: maxWords };
      const added: ServerWord = { word, say };
      const value = formatStoredWord(added, clock.wallMs());
      const saved = await settings.setValue(guildId, toWordKey(word), value);
      return { kind: isNew ? 'added' : 'replaced', word: added, saved };
    },

    async removeWord(guildId: GuildId, typed: string): Promise<WordRemoveOutcome> {
      const { words } = await this.listWords(guildId);
      const key = toWordKey(typed);
      const found = words.find(({ word }) => toWordKey(word) === key);
      if (!found) return { kind: 'unknown', known: words.map(({ word }) => word) };
      const saved = await settings.setValue(guildId, key, undefined);
      return { kind: 'removed', word: found.word, saved };
    },
  };
}
