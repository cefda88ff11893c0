import type { TranscriptLine } from '#src/captions/transcript-line.ts';
import type { Audience, PersonExport } from '#src/captions/transcript-store.ts';
import { mayKnow } from '#src/captions/visibility.ts';
import type { SessionDependencies } from '#src/session/dependencies.ts';
import { eraseTimeoutMs, withStore } from '#src/session/store-access.ts';
import type { TranscriptCleanup } from './transcript-cleanup.ts';
import { allStores, type TranscriptPorts } from './transcript-stores.ts';

/** Signal that is never aborted: an erasure is completed. */
const never = new AbortController().signal;

/** Stored lines of one person, in both stores. Nothing here throws; undefined where a store is in trouble. */
export class TranscriptRecords {
  readonly #parts: SessionDependencies;
  readonly #cleanup: TranscriptCleanup;

  constructor(parts: SessionDependencies, cleanup: TranscriptCleanup) {
    this.#parts = parts;
    this.#cleanup = cleanup;
  }

  async count(
    guildId: string,
    personId: string,
  ): Promise<{ readonly lines: number; readonly memories: number } | undefined> {
    const all = await this.#read(guildId, ({ records }) => records.count(guildId, personId));
    return all?.reduce(
      (sum, one) => ({ lines: sum.lines + one.lines, memories: sum.memories + one.memories }),
      { lines: 0, memories: 0 },
    );
  }

  /** All of it, or only of one session. */
  async forget(
    guildId: string,
    personId: string,
    sessionId?: string,
  ): Promise<{ readonly count: number; readonly toChange: number } | undefined> {
    const erase = ({ eraser }: TranscriptPorts) => eraser.forget(guildId, personId, sessionId);
    const work = () => this.#cleanup.erase(erase, never);
    return await withStore(guildId, this.#parts, 'store.unwritable', work, eraseTimeoutMs);
  }

  /** `audience` is that person: answers to them may quote others, and have no words where they may not know them. */
  async export(
    guildId: string,
    personId: string,
    audience: Audience,
  ): Promise<PersonExport | undefined> {
    const all = await this.#read(guildId, ({ records }) => records.all(guildId, personId));
    return (
      all && {
        sessions: all.flatMap(({ sessions }) => sessions),
        lines: all.flatMap((one) =>
          one.lines.map((line) =>
            isKnown(line, one, audience) ? line : withoutWords(line, personId),
          ),
        ),
        presences: all.flatMap(({ presences }) => presences),
        memories: all.flatMap(({ memories }) => memories),
      }
    );
  }

  async #read<T>(
    guildId: string,
    read: (store: TranscriptPorts) => Promise<T>,
  ): Promise<readonly T[] | undefined> {
    const work = () => Promise.all(allStores(this.#parts.transcripts).map(read));
    return await withStore(guildId, this.#parts, 'store.unreadable', work);
  }
}

/** Their own words always; answers where each of the audience was there or may open the place. */
function isKnown(
  line: TranscriptLine,
  { presences, sessions }: PersonExport,
  audience: Audience,
): boolean {
  if (line.speaker.kind === 'person') return true;
  const session = sessions.find(({ id }) => id === line.sessionId);
  return session !== undefined && mayKnow(audience, line, session, presences);
}

/** That this person was answered, and when. */
function withoutWords(
  { sessionId, number, speaker, startMs, endMs }: TranscriptLine,
  personId: string,
): TranscriptLine {
  const answered = { kind: 'bot', name: speaker.name, answeredIds: [personId] } as const;
  return { sessionId, number, speaker: answered, startMs, endMs, text: '' };
}
