import type { TranscriptStores } from '#src/features/captions/store/transcript-ports.ts';
import type {
  FoundLine,
  LineRange,
  ListedSession,
  OpenChannels,
  TranscriptLine,
  TranscriptSearch,
  TranscriptSession,
} from '#src/features/captions/transcript-line.ts';

/** Part of the transcripts that a search looks at. */
export type SearchScope = Pick<TranscriptSearch, 'sessionId' | 'fromWallMs' | 'toWallMs'>;

/** Sessions offered at most. */
const mostSessions = 25;

export type OpenTranscripts = ReturnType<typeof openTranscripts>;

/** Transcripts of one server, limited to lines that their reader may know. Errors: BotError `store.unreadable`. */
export function openTranscripts(
  stores: TranscriptStores,
  guildId: string,
  open: OpenChannels,
  liveIds: readonly string[],
) {
  return {
    /** Newest first, at most 25. */
    async sessions(): Promise<readonly ListedSession[]> {
      const all = await stores.lists(({ reader }) => reader.sessions(guildId, open, mostSessions));
      return all
        .toSorted((one, other) => other.startedAtWallMs - one.startedAtWallMs)
        .slice(0, mostSessions);
    },

    /**
     * The session of that id; `this`: the one that goes on, or else the last one; `now`: only the one that goes on; `last`: the
     * last one before it; left out: the last one.
     */
    async session(about?: string): Promise<ListedSession | undefined> {
      const sessions = await this.sessions();
      const isLive = ({ id }: ListedSession) => liveIds.includes(id);
      switch (about) {
        case undefined:
          return sessions[0];
        case 'this':
          return sessions.find(isLive) ?? sessions[0];
        case 'now':
          return sessions.find(isLive);
        case 'last':
          return sessions.find((session) => !isLive(session));
        default:
          return sessions.find(({ id }) => id === about);
      }
    },

    /** Lines of a session in order of speech. */
    lines({ id }: TranscriptSession, range?: LineRange): Promise<readonly TranscriptLine[]> {
      return stores.lists(({ reader }) => reader.lines(id, open, range));
    },

    /** Best first. */
    async search(
      words: string,
      limit: number,
      scope: SearchScope = {},
    ): Promise<readonly FoundLine[]> {
      const search = { guildId, words, limit, ...scope };
      const found = await stores.lists(({ reader }) => reader.search(search, open));
      return found.slice(0, limit);
    },
  };
}
