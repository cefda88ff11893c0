import type { ChannelId, GuildId, PersonId } from '#src/base/ids.ts';
import type { Public } from '#src/base/public.ts';
import type { SessionDependencies } from '#src/conversation/session-dependencies.ts';
import { Owned, type Sources, type WordsReading } from '#src/people/owned.ts';
import type { CaptionPlace } from '#src/ports/caption-chats.ts';
import { type StoreWatch, tryWrite } from '#src/ports/stores.ts';
import type { GuildConsents } from '#src/settings/guild-consents.ts';
import type { StoredSettings } from '#src/settings/stored-settings.ts';
import type { StoreDatabase } from '#src/sql/store-database.ts';
import { StoreKey } from '#src/sql/store-part.ts';
import { MemoryStore } from '#src/stores/memory-store.ts';
import { NoteStore } from '#src/stores/transcripts/note-store.ts';
import {
  CaptionMessageStore,
  PersonRecords,
  TranscriptEraser,
} from '#src/stores/transcripts/transcript-eraser.ts';
import {
  type FoundLine,
  type ListedSession,
  listSpeakerIds,
  type ReadableChannels,
  type TranscriptLine,
  type TranscriptSession,
} from '#src/stores/transcripts/transcript-line.ts';
import { TranscriptReader } from '#src/stores/transcripts/transcript-reader.ts';
import { TranscriptWriter } from '#src/stores/transcripts/transcript-writer.ts';

/** Captions, notes and memories in one database. */
export type TranscriptStore = {
  readonly writer: Public<TranscriptWriter>;
  readonly reader: TranscriptReader;
  readonly eraser: TranscriptEraser;
  readonly records: PersonRecords;
  readonly messages: Public<CaptionMessageStore>;
  readonly memories: MemoryStore;
  readonly notes: NoteStore;
};

/** Opens the store, which the owner of the database closes. */
export function openTranscriptStore(database: StoreDatabase): TranscriptStore {
  return {
    writer: new TranscriptWriter(database),
    reader: new TranscriptReader(database),
    eraser: new TranscriptEraser(database),
    records: new PersonRecords(database),
    messages: new CaptionMessageStore(database),
    memories: new MemoryStore(database),
    notes: new NoteStore(database),
  };
}

/** One store on disk, and one in memory for servers that keep nothing. */
export class TranscriptStores {
  static readonly key: StoreKey<TranscriptStores> = new StoreKey('transcripts');
  readonly onDisk: TranscriptStore;
  readonly inMemory: TranscriptStore;

  constructor(onDisk: TranscriptStore, inMemory: TranscriptStore) {
    this.onDisk = onDisk;
    this.inMemory = { ...inMemory, messages: keepMessagesInBoth(inMemory, onDisk) };
  }

  /** Returns the store for a server that keeps lines for `days`. */
  getStoreForDays(days: number): TranscriptStore {
    return days === 0 ? this.inMemory : this.onDisk;
  }

  /** Asks both stores at once. The result on disk is first. */
  askBoth<T>(work: (store: TranscriptStore) => Promise<T>): Promise<readonly [T, T]> {
    return Promise.all([work(this.onDisk), work(this.inMemory)]);
  }

  /** Asks both stores at once, and joins the lists. */
  async concatBoth<T>(
    work: (store: TranscriptStore) => Promise<readonly T[]>,
  ): Promise<readonly T[]> {
    return (await this.askBoth(work)).flat();
  }

  /** Asks both stores at once, and adds the numbers. */
  async sumBoth(work: (store: TranscriptStore) => Promise<number>): Promise<number> {
    const [onDisk, inMemory] = await this.askBoth(work);
    return onDisk + inMemory;
  }
}

/**
 * Messages are always kept on disk, so that the next process can delete those of unkept
 * sessions.
 */
function keepMessagesInBoth(
  inMemory: TranscriptStore,
  onDisk: TranscriptStore,
): TranscriptStore['messages'] {
  return {
    putMessage: async (message) => {
      await Promise.all([
        inMemory.messages.putMessage(message),
        onDisk.messages.putMessage(message),
      ]);
    },
    listOutdated: (...request) => inMemory.messages.listOutdated(...request),
    markSettled: (...message) => inMemory.messages.markSettled(...message),
  };
}

/** Notes a message with words of a session, so that an erasure finds it. Never throws. */
export async function noteCaptionMessage(
  messagePlace: CaptionPlace,
  { guildId, id: sessionId }: TranscriptSession,
  { messages }: TranscriptStore,
  watch: StoreWatch,
): Promise<void> {
  const message = {
    ...messagePlace,
    guildId,
    sessionId,
    postedAtWallMs: watch.clock.wallMs(),
  };
  await tryWrite(guildId, watch, () => messages.putMessage(message));
}

export type CaptionShardDeps = SessionDependencies & {
  readonly consents: Pick<GuildConsents, 'getChoices'>;
  readonly transcripts: TranscriptStores;
  readonly settings: StoredSettings;
};

export type CaptionDeps = Pick<
  CaptionShardDeps,
  | 'captionChats'
  | 'chat'
  | 'clock'
  | 'localRecogniser'
  | 'onEvent'
  | 'places'
  | 'recogniser'
  | 'settings'
  | 'spending'
  | 'transcripts'
> & {
  /** Posts a recap and adds it to the notes of the channel, as the server wants it. Returns at once. */
  readonly postRecap: (session: TranscriptSession, told: ToldRecap) => void;
  readonly notes: { areKept(guildId: GuildId, channelId: ChannelId): boolean };
};

/** A session whose people were told that its points go into the notes of the channel. */
export type NotingRequest = {
  /** People of the session who were left out of captions, and appear in no note. */
  readonly leftOutIds: readonly PersonId[];
};

/** The recap of which people were told when their captions began. */
export type ToldRecap = {
  readonly noting: NotingRequest | undefined;
  /** Place of the recap, as `formatRecapPlace` writes it. */
  readonly place: string | undefined;
};

/** Sessions that a question can be about. */
export const transcriptSubjects = ['this', 'last', 'all'] as const;

const maxListedSessions = 25;

/**
 * Transcripts of a server, limited to lines that the reader may know. Throws BotError
 * `store.unreadable`.
 */
export class ReadableTranscripts {
  readonly #stores: TranscriptStores;
  readonly #guildId: GuildId;
  readonly #readable: ReadableChannels;
  readonly #reading: WordsReading;
  readonly #isForgotten: (personId: PersonId) => boolean;

  /** `reading` began before the channels were asked. Lines of forgotten people count as erased while their rows wait. */
  constructor(
    stores: TranscriptStores,
    guildId: GuildId,
    readable: ReadableChannels,
    reading: WordsReading,
    isForgotten: (personId: PersonId) => boolean,
  ) {
    this.#stores = stores;
    this.#guildId = guildId;
    this.#readable = readable;
    this.#reading = reading;
    this.#isForgotten = isForgotten;
  }

  /**
   * Gives a value made from lines of a session to its owner: the channel, or after its deletion the reader. The value
   * leaves nowhere once words of a person in `lines` were erased.
   */
  toOwned<Value>(
    value: Value,
    { channelId }: TranscriptSession,
    lines: readonly TranscriptLine[],
  ): Owned<Value> {
    const { own } = this.#readable;
    const owner = own?.goneChannelIds.includes(channelId)
      ? { onlyFor: own.personId }
      : { channelId };
    return new Owned(value, owner, this.toSources(lines));
  }

  /** Tells whether words of a person in `lines` were erased since the read. */
  toSources(lines: readonly TranscriptLine[]): Sources {
    const personIds = new Set(lines.flatMap(({ speaker }) => listSpeakerIds(speaker)));
    return this.#reading.toSources((id) => personIds.has(id));
  }

  /** Lists the 25 newest sessions. */
  async listSessions(): Promise<readonly ListedSession[]> {
    const sessions = await this.#stores.concatBoth(({ reader }) =>
      reader.listSessions(this.#guildId, this.#readable),
    );
    return sessions
      .toSorted((a, b) => b.startedAtWallMs - a.startedAtWallMs)
      .slice(0, maxListedSessions);
  }

  /**
   * Finds a session by id, the `last` ended one, or `this`: the running or newest
   * one.
   */
  async findSession(about: string = 'this'): Promise<ListedSession | undefined> {
    const sessions = await this.listSessions();
    const isOver = ({ endedAtWallMs }: ListedSession) => endedAtWallMs !== undefined;
    if (about === 'this')
      return sessions.find((session) => !isOver(session)) ?? sessions[0];
    return sessions.find((session) =>
      about === 'last' ? isOver(session) : session.id === about,
    );
  }

  /** Lists lines of a session that began up to `toMs` of the session, in order. */
  async listLines(
    { id }: TranscriptSession,
    toMs?: number,
  ): Promise<readonly TranscriptLine[]> {
    const lines = await this.#stores.concatBoth(({ reader }) =>
      reader.listLines(id, this.#readable, toMs),
    );
    return lines.filter((line) => this.#isKept(line));
  }

  /** Finds at most `limit` lines by words, in one session or all, best first. */
  async search(
    words: string,
    limit: number,
    sessionId?: string,
  ): Promise<readonly FoundLine[]> {
    const request = { guildId: this.#guildId, words, limit, sessionId };
    const lines = await this.#stores.concatBoth(({ reader }) =>
      reader.search(request, this.#readable),
    );
    return lines.filter(({ line }) => this.#isKept(line)).slice(0, limit);
  }

  #isKept({ speaker }: TranscriptLine) {
    return !listSpeakerIds(speaker).some(this.#isForgotten);
  }
}
