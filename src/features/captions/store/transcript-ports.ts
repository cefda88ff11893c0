import type { SessionDependencies } from '#src/conversation/session-dependencies.ts';
import type {
  CaptionMessage,
  FoundLine,
  ListedSession,
  OpenChannels,
  TranscriptLine,
  TranscriptSession,
} from '#src/features/captions/transcript-line.ts';
import { memoriesIn } from '#src/features/memories/memory-store.ts';
import type { MessagePlace } from '#src/ports/message-place.ts';
import { type StoreWatch, withStoreTimeout } from '#src/ports/store-timeout.ts';
import type { StoredSettings } from '#src/settings/stored-settings.ts';
import type { StoreDatabase } from '#src/sql/store-database.ts';
import { StoreKey } from '#src/sql/store-part.ts';
import { captionMessageStore, personRecords, transcriptEraser } from './transcript-eraser.ts';
import { transcriptReader } from './transcript-reader.ts';
import { transcriptWriter } from './transcript-writer.ts';

/** Where what was said is kept. */
export type TranscriptPorts = ReturnType<typeof transcriptPorts>;

/** Transcripts and memories in a database of the present format. */
export function transcriptPorts(database: StoreDatabase) {
  return {
    writer: transcriptWriter(database),
    reader: transcriptReader(database),
    eraser: transcriptEraser(database),
    records: personRecords(database),
    messages: captionMessageStore(database),
    memories: memoriesIn(database),
  };
}

/** On disk, and, for servers that keep nothing, in memory alone. */
export class TranscriptStores {
  static readonly key = new StoreKey<TranscriptStores>('transcripts');
  readonly onDisk: TranscriptPorts;
  readonly inMemory: TranscriptPorts;

  constructor(onDisk: TranscriptPorts, inMemory: TranscriptPorts) {
    this.onDisk = onDisk;
    // Where no word is kept on disk, messages are: the next process deletes those of sessions that are kept nowhere.
    const put = async (message: CaptionMessage) => {
      await Promise.all([inMemory.messages.put(message), onDisk.messages.put(message)]);
    };
    this.inMemory = { ...inMemory, messages: { ...inMemory.messages, put } };
  }

  /** The store for a server that keeps captions for so many days. */
  keptFor(days: number): TranscriptPorts {
    return days === 0 ? this.inMemory : this.onDisk;
  }

  /** Results of both, the one on disk first. Throws the first failure. */
  all<T>(work: (store: TranscriptPorts) => Promise<T>): Promise<readonly [T, T]> {
    return Promise.all([work(this.onDisk), work(this.inMemory)]);
  }

  /** Lists of both, one after the other. */
  async lists<T>(work: (store: TranscriptPorts) => Promise<readonly T[]>): Promise<readonly T[]> {
    return (await this.all(work)).flat();
  }

  /** Numbers of both, added up. */
  async sum(work: (store: TranscriptPorts) => Promise<number>): Promise<number> {
    const [onDisk, inMemory] = await this.all(work);
    return onDisk + inMemory;
  }
}

/** Notes that a message shows something of a session, so that it goes with that. Never throws. */
export async function notePosted(
  place: MessagePlace,
  { guildId, id: sessionId }: TranscriptSession,
  { messages }: TranscriptPorts,
  watch: StoreWatch,
): Promise<void> {
  const message = { ...place, guildId, sessionId, postedAtWallMs: watch.clock.wallMs() };
  await withStoreTimeout(guildId, watch, 'store.unwritable', () => messages.put(message));
}

/** Parts of a shard, and its transcripts. */
export type CaptionParts = SessionDependencies & { readonly transcripts: TranscriptStores };

/** What the captions of one session are written with. */
export type CaptionDeps = Pick<
  CaptionParts,
  | 'captionChats'
  | 'chat'
  | 'clock'
  | 'onEvent'
  | 'places'
  | 'recogniser'
  | 'spending'
  | 'transcripts'
> & {
  readonly settings: Pick<StoredSettings, 'captionsIn' | 'setCaptionsIn'>;
  /** Has a recap of a session posted, where its server wants that. */
  readonly postRecap: (session: TranscriptSession) => void;
};

/** Subjects of a question: the current session, the previous one, or all of them. */
export const transcriptSubjects = ['this', 'last', 'all'] as const;

/** Sessions offered at most. */
const mostSessions = 25;

export type OpenTranscripts = ReturnType<typeof openTranscripts>;

/** Transcripts of one server, limited to lines that their reader may know. Errors: BotError `store.unreadable`. */
export function openTranscripts(stores: TranscriptStores, guildId: GuildId, open: OpenChannels) {
  return {
    /** Newest first, at most 25. */
    async sessions(): Promise<readonly ListedSession[]> {
      const all = await stores.lists(({ reader }) => reader.sessions(guildId, open));
      return all
        .toSorted((one, other) => other.startedAtWallMs - one.startedAtWallMs)
        .slice(0, mostSessions);
    },

    /** The session of that id; `this`: the one that goes on, or else the last one; `last`: the last one that is over. */
    async session(about = 'this'): Promise<ListedSession | undefined> {
      const sessions = await this.sessions();
      const isOver = ({ endedAtWallMs }: ListedSession) => endedAtWallMs !== undefined;
      if (about === 'this') return sessions.find((one) => !isOver(one)) ?? sessions[0];
      return sessions.find((one) => (about === 'last' ? isOver(one) : one.id === about));
    },

    /** Lines of a session, until an instant in ms since its start, in order of speech. */
    lines({ id }: TranscriptSession, toMs?: number): Promise<readonly TranscriptLine[]> {
      return stores.lists(({ reader }) => reader.lines(id, open, toMs));
    },

    /** Best first, of all sessions or of one. */
    async search(words: string, limit: number, sessionId?: string): Promise<readonly FoundLine[]> {
      const search = { guildId, words, limit, sessionId };
      const found = await stores.lists(({ reader }) => reader.search(search, open));
      return found.slice(0, limit);
    },
  };
}
