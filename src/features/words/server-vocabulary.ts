import type { Deps } from '#src/conversation/session-dependencies.ts';
import type { VoiceSessions } from '#src/sessions/voice-sessions.ts';
import {
  mostSayChars,
  mostWordChars,
  readSay,
  readWord,
  type ServerWord,
  storedWord,
  wordKey,
  wordsIn,
} from '#src/settings/stored-vocabulary-words.ts';

export type WordList = {
  readonly words: readonly ServerWord[];
  readonly isRead: boolean;
  /** Limit of words. */
  readonly limit: number;
};

export type WordAdding =
  /** `saved`: also for a process that starts again. */
  | { readonly kind: 'added' | 'replaced'; readonly word: ServerWord; readonly saved: boolean }
  | { readonly kind: 'bad-word' | 'bad-say'; readonly mostChars: number }
  /** The limit of words is reached. */
  | { readonly kind: 'full'; readonly limit: number };

export type WordRemoval =
  | { readonly kind: 'removed'; readonly word: string; readonly saved: boolean }
  /** `known`: the words there are. */
  | { readonly kind: 'unknown'; readonly known: readonly string[] };

/** Words of one server. */
const mostWords = 200;

export type ServerVocabulary = ReturnType<typeof serverVocabulary>;

/** Vocabulary of servers: words that recognisers are given to expect, and how voices say them. */
export function serverVocabulary({ clock }: Deps<'clock'>, { settings }: VoiceSessions) {
  return {
    /** Sorted; `isRead` is false where they could not be read. */
    async list(guildId: GuildId): Promise<WordList> {
      const isRead = await settings.load(guildId);
      const words = wordsIn(settings.stored(guildId)).toSorted((one, other) =>
        one.word.localeCompare(other.word),
      );
      return { words, isRead, limit: mostWords };
    },

    /** Adds a word, or replaces it, however it was written. */
    async add(guildId: GuildId, typed: string, typedSay?: string): Promise<WordAdding> {
      const word = readWord(typed);
      if (word === undefined) return { kind: 'bad-word', mostChars: mostWordChars };
      const say = typedSay === undefined ? undefined : readSay(typedSay);
      if (typedSay !== undefined && say === undefined)
        return { kind: 'bad-say', mostChars: mostSayChars };
      await settings.load(guildId);
      const before = settings.stored(guildId);
      const isNew = !before.has(wordKey(word));
      if (isNew && wordsIn(before).length >= mostWords) return { kind: 'full', limit: mostWords };
      const added: ServerWord = { word, say };
      const value = storedWord(added, clock.wallMs());
      const saved = await settings.set(guildId, wordKey(word), value);
      return { kind: isNew ? 'added' : 'replaced', word: added, saved };
    },

    async remove(guildId: GuildId, typed: string): Promise<WordRemoval> {
      const { words } = await this.list(guildId);
      const key = wordKey(typed);
      const found = words.find(({ word }) => wordKey(word) === key);
      if (!found) return { kind: 'unknown', known: words.map(({ word }) => word) };
      const saved = await settings.set(guildId, key, undefined);
      return { kind: 'removed', word: found.word, saved };
    },
  };
}
