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
  | { readonly kind: 'bad-word' | 'bad-say'; readonly maxChars: number }
  | { readonly kind: 'full'; readonly limit: number };

export type WordRemoveOutcome =
  | { readonly kind: 'removed'; readonly word: string; readonly saved: boolean }
  | { readonly kind: 'unknown'; readonly known: readonly string[] };

const maxWords = 200;

/** Keeps the words of servers for recognisers and voices. Never throws. */
export class ServerVocabulary {
  readonly #clock: Deps<'clock'>['clock'];
  readonly #settings: Pick<
    StoredSettings,
    'getStoredValues' | 'loadGuild' | 'setValue'
  >;

  constructor(
    { clock }: Deps<'clock'>,
    settings: Pick<StoredSettings, 'getStoredValues' | 'loadGuild' | 'setValue'>,
  ) {
    this.#clock = clock;
    this.#settings = settings;
  }

  /** Lists the words, sorted. `isRead` is false if the store could not be read. */
  async listWords(guildId: GuildId): Promise<WordList> {
    const isRead = await this.#settings.loadGuild(guildId);
    const words = listServerWords(this.#settings.getStoredValues(guildId)).toSorted(
      (a, b) => a.word.localeCompare(b.word),
    );
    return { words, isRead, limit: maxWords };
  }

  /** Adds a word, or replaces it in any spelling. */
  async addWord(
    guildId: GuildId,
    typed: string,
    typedSay?: string,
  ): Promise<WordAddOutcome> {
    const word = parseWord(typed);
    if (word === undefined) return { kind: 'bad-word', maxChars: maxWordChars };
    const say = typedSay === undefined ? undefined : parsePronunciation(typedSay);
    if (typedSay !== undefined && say === undefined)
      return { kind: 'bad-say', maxChars: maxSayChars };
    await this.#settings.loadGuild(guildId);
    const storedValues = this.#settings.getStoredValues(guildId);
    const isNew = !storedValues.has(toWordKey(word));
    if (isNew && listServerWords(storedValues).length >= maxWords)
      return { kind: 'full', limit: maxWords };
    const added: ServerWord = { word, say };
    const value = formatStoredWord(added, this.#clock.wallMs());
    const saved = await this.#settings.setValue(guildId, toWordKey(word), value);
    return { kind: isNew ? 'added' : 'replaced', word: added, saved };
  }

  /** Removes a word in any spelling. */
  async removeWord(guildId: GuildId, typed: string): Promise<WordRemoveOutcome> {
    const { words } = await this.listWords(guildId);
    const key = toWordKey(typed);
    const entry = words.find(({ word }) => toWordKey(word) === key);
    if (!entry) return { kind: 'unknown', known: words.map(({ word }) => word) };
    const saved = await this.#settings.setValue(guildId, key, undefined);
    return { kind: 'removed', word: entry.word, saved };
  }
}
