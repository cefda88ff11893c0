import type { SessionDependencies } from '#src/conversation/session-dependencies.ts';
import type {
  CaptionMessage,
  FoundLine,
  ListedSession,
  ReadableChannels,
  TranscriptLine,
  TranscriptSession,
} from '#src/features/captions/transcript-line.ts';
import { openMemoryStore } from '#src/features/memories/memory-store.ts';
import { type StoreWatch, withStoreTimeout } from '#src/ports/store-timeout.ts';
import type { MessagePlace } from '#src/ports/typed-messages.ts';
import type { StoredSettings } from '#src/settings/stored-settings.ts';
import type { StoreDatabase } from '#src/sql/store-database.ts';
import { StoreKey } from '#src/sql/store-part.ts';
import {
  openCaptionMessageStore,
  openPersonRecords,
  openTranscriptEraser,
} from './transcript-eraser.ts';
import { openTranscriptReader } from './transcript-reader.ts';
import { openTranscriptWriter } from './transcript-writer.ts';

/** Where what was said is kept. */
export type TranscriptStore = ReturnType<typeof openTranscriptStore>;

/** Transcripts and memories in a database of the present format. */
export function openTranscriptStore(database: StoreDatabase) {
  return {
    writer: openTranscriptWriter(database),
    reader: openTranscriptReader(database),
    eraser: openTranscriptEraser(database),
    records: openPersonRecords(database),
    messages: openCaptionMessageStore(database),
    memories: openMemoryStore(database),
  };
}

/** On disk, and, for servers that keep nothing, in memory alone. */
export class TranscriptStores {
  static readonly key = new StoreKey<TranscriptStores>('transcripts');
  readonly onDisk: TranscriptStore;
  readonly inMemory: TranscriptStore;

  constructor(onDisk: TranscriptStore, inMemory: TranscriptStore) {
    this.onDisk = onDisk;
    // Where no word is kept on disk, messages are: the next process deletes those of sessions that are kept nowhere.
    const putMessage = async (message: CaptionMessage) => {
      await Promise.all([
        inMemory.messages.putMessage(message),
        onDisk.messages.putMessage(message),
      ]);
    };
    this.inMemory = { ...inMemory, messages: { ...inMemory.messages, putMessage } };
  }

  /** The store for a server that keeps captions for so many days. */
  getStoreForDays(days: number): TranscriptStore {
    return days === 0 ? this.inMemory : this.onDisk;
  }

  /** Results of both, the one on disk first. Throws the first failure. */
  askBoth<T>(work: (store: TranscriptStore) => Promise<T>): Promise<readonly [T, T]> {
    return Promise.all([work(this.onDisk), work(this.inMemory)]);
  }

  /** Lists of both, one after the other. */
  async concatBoth<T>(
    work: (store: TranscriptStore) => Promise<readonly T[]>,
  ): Promise<readonly T[]> {
    return (await this.askBoth(work)).flat();
  }

  /** Numbers of both, added up. */
  async sumBoth(work: (store: TranscriptStore) => Promise<number>): Promise<number> {
    const [onDisk, inMemory] = await this.askBoth(work);
    return onDisk + inMemory;
  }
}

/** Notes that a message shows something of a session, so that it goes with that. Never throws. */
export async function noteCaptionMessage(
  place: MessagePlace,
  { guildId, id: sessionId }: TranscriptSession,
  { messages }: TranscriptStore,
  watch: StoreWatch,
): Promise<void> {
  const message = { ...place, guildId, sessionId, postedAtWallMs: watch.clock.wallMs() };
  await withStoreTimeout(guildId, watch, 'store.unwritable', () => messages.putMessage(message));
}

/** Parts of a shard, and its transcripts. */
export type CaptionShardDeps = SessionDependencies & { readonly transcripts: TranscriptStores };

/** What the captions of one session are written with. */
export type CaptionDeps = Pick<
  CaptionShardDeps,
  | 'captionChats'
  | 'chat'
  | 'clock'
  | 'onEvent'
  | 'places'
  | 'recogniser'
  | 'spending'
  | 'transcripts'
> & {
  readonly settings: Pick<StoredSettings, 'findCaptionOptions' | 'setCaptionOptions'>;
  /** Has a recap of a session posted, where its server wants that. */
  readonly postRecap: (session: TranscriptSession) => void;
};

/** Subjects of a question: the current session, the previous one, or all of them. */
export const transcriptSubjects = ['this', 'last', 'all'] as const;

/** Sessions offered at most. */
const maxListedSessions = 25;

export type ReadableTranscripts = ReturnType<typeof openReadableTranscripts>;

/** Transcripts of one server, limited to lines that their reader may know. Errors: BotError `store.unreadable`. */
export function openReadableTranscripts(
  stores: TranscriptStores,
  guildId: GuildId,
  open: ReadableChannels,
) {
  return {
    /** Newest first, at most 25. */
    async sessions(): Promise<readonly ListedSession[]> {
      const all = await stores.concatBoth(({ reader }) => reader.listSessions(guildId, open));
      return all
        .toSorted((one, other) => other.startedAtWallMs - one.startedAtWallMs)
        .slice(0, maxListedSessions);
    },

    /** The session of that id; `this`: the one that goes on, or else the last one; `last`: the last one that is over. */
    async findSession(about = 'this'): Promise<ListedSession | undefined> {
      const listSessions = await this.sessions();
      const isOver = ({ endedAtWallMs }: ListedSession) => endedAtWallMs !== undefined;
      if (about === 'this') return listSessions.find((one) => !isOver(one)) ?? listSessions[0];
      return listSessions.find((one) => (about === 'last' ? isOver(one) : one.id === about));
    },

    /** Lines of a session, until an instant in ms since its start, in order of speech. */
    listLines({ id }: TranscriptSession, toMs?: number): Promise<readonly TranscriptLine[]> {
      return stores.concatBoth(({ reader }) => reader.listLines(id, open, toMs));
    },

    /** Best first, of all sessions or of one. */
    async search(words: string, limit: number, sessionId?: string): Promise<readonly FoundLine[]> {
      const searchLines = { guildId, words, limit, sessionId };
      const found = await stores.concatBoth(({ reader }) => reader.search(searchLines, open));
      return found.slice(0, limit);
    },
  };
}
