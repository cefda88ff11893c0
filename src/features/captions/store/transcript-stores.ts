import type { GuildId } from '#src/base/ids.ts';
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
import { type StoreWatch, tryWrite } from '#src/ports/stores.ts';
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

export type TranscriptStore = ReturnType<typeof openTranscriptStore>;

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

/** One store on disk, and one in memory for servers that keep nothing. */
export class TranscriptStores {
  static readonly key = new StoreKey<TranscriptStores>('transcripts');
  readonly onDisk: TranscriptStore;
  readonly inMemory: TranscriptStore;

  constructor(onDisk: TranscriptStore, inMemory: TranscriptStore) {
    this.onDisk = onDisk;
    // Messages are always kept on disk, so that the next process can delete those of unkept
    // sessions.
    const putMessage = async (message: CaptionMessage) => {
      await Promise.all([
        inMemory.messages.putMessage(message),
        onDisk.messages.putMessage(message),
      ]);
    };
    this.inMemory = { ...inMemory, messages: { ...inMemory.messages, putMessage } };
  }

  getStoreForDays(days: number): TranscriptStore {
    return days === 0 ? this.inMemory : this.onDisk;
  }

  askBoth<T>(work: (store: TranscriptStore) => Promise<T>): Promise<readonly [T, T]> {
    return Promise.all([work(this.onDisk), work(this.inMemory)]);
  }

  async concatBoth<T>(
    work: (store: TranscriptStore) => Promise<readonly T[]>,
  ): Promise<readonly T[]> {
    return (await this.askBoth(work)).flat();
  }

  async sumBoth(work: (store: TranscriptStore) => Promise<number>): Promise<number> {
    const [onDisk, inMemory] = await this.askBoth(work);
    return onDisk + inMemory;
  }
}

export async function noteCaptionMessage(
  place: MessagePlace,
  { guildId, id: sessionId }: TranscriptSession,
  { messages }: TranscriptStore,
  watch: StoreWatch,
) {
  const message = {
    ...place,
    guildId,
    sessionId,
    postedAtWallMs: watch.clock.wallMs(),
  };
  await tryWrite(guildId, watch, () => messages.putMessage(message));
}

export type CaptionShardDeps = SessionDependencies & {
  readonly transcripts: TranscriptStores;
  readonly settings: StoredSettings;
};

export type CaptionDeps = Pick<
  CaptionShardDeps,
  | 'captionChats'
  | 'chat'
  | 'clock'
  | 'onEvent'
  | 'places'
  | 'recogniser'
  | 'settings'
  | 'spending'
  | 'transcripts'
> & {
  readonly postRecap: (session: TranscriptSession) => void;
};

export const transcriptSubjects = ['this', 'last', 'all'] as const;

const maxListedSessions = 25;

export type ReadableTranscripts = ReturnType<typeof openReadableTranscripts>;

/**
 * Opens transcripts of a server, limited to lines that the reader may know. Throws
 * BotError `store.unreadable`.
 */
export function openReadableTranscripts(
  stores: TranscriptStores,
  guildId: GuildId,
  open: ReadableChannels,
) {
  return {
    /** Lists the 25 newest sessions. */
    async listSessions(): Promise<readonly ListedSession[]> {
      const all = await stores.concatBoth(({ reader }) =>
        reader.listSessions(guildId, open),
      );
      return all
        .toSorted((one, other) => other.startedAtWallMs - one.startedAtWallMs)
        .slice(0, maxListedSessions);
    },

    /**
     * Finds a session by id, the `last` ended one, or `this`: the running or newest
     * one.
     */
    async findSession(about = 'this'): Promise<ListedSession | undefined> {
      const sessions = await this.listSessions();
      const isOver = ({ endedAtWallMs }: ListedSession) => endedAtWallMs !== undefined;
      if (about === 'this') return sessions.find((one) => !isOver(one)) ?? sessions[0];
      return sessions.find((one) =>
        about === 'last' ? isOver(one) : one.id === about,
      );
    },

    listLines(
      { id }: TranscriptSession,
      toMs?: number,
    ): Promise<readonly TranscriptLine[]> {
      return stores.concatBoth(({ reader }) => reader.listLines(id, open, toMs));
    },

    async search(
      words: string,
      limit: number,
      sessionId?: string,
    ): Promise<readonly FoundLine[]> {
      const searchLines = { guildId, words, limit, sessionId };
      const found = await stores.concatBoth(({ reader }) =>
        reader.search(searchLines, open),
      );
      return found.slice(0, limit);
    },
  };
}
