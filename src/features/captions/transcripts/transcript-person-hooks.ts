import { eraseTimeoutMs, withStoreTimeout } from '#src/conversation/alerts/store-timeout.ts';
import type { ErasedCounts, PersonHooks, StoredCounts } from '#src/conversation/feature.ts';
import type { VoiceSessions } from '#src/conversation/voice-sessions.ts';
import { mayKnow } from '#src/features/captions/line-visibility.ts';
import { SessionCaptions } from '#src/features/captions/session-captions.ts';
import type { TranscriptPorts } from '#src/features/captions/store/transcript-ports.ts';
import type { TranscriptLine } from '#src/features/captions/transcript-line.ts';
import type { Audience, PersonExport } from '#src/features/captions/transcript-store-types.ts';
import type { CaptionParts } from './disk-and-memory-stores.ts';
import { allStores } from './disk-and-memory-stores.ts';
import type { TranscriptCleanup } from './transcript-cleanup.ts';
import type { TranscriptLookup } from './transcript-lookup.ts';

/** Signal that is never aborted: an erasure is completed. */
const never = new AbortController().signal;

/** Hooks by which stored lines and memories of a person are counted, exported and erased, in both stores. */
export class TranscriptPersonHooks implements PersonHooks {
  readonly #parts: CaptionParts;
  readonly #sessions: VoiceSessions;
  readonly #cleanup: TranscriptCleanup;
  readonly #lookup: TranscriptLookup;

  constructor(
    parts: CaptionParts,
    sessions: VoiceSessions,
    cleanup: TranscriptCleanup,
    lookup: TranscriptLookup,
  ) {
    this.#parts = parts;
    this.#sessions = sessions;
    this.#cleanup = cleanup;
    this.#lookup = lookup;
  }

  async count(guildId: string, personId: string): Promise<StoredCounts | undefined> {
    const all = await this.#read(guildId, ({ records }) => records.count(guildId, personId));
    return all?.reduce((sum, one) => ({
      lines: sum.lines + one.lines,
      memories: sum.memories + one.memories,
    }));
  }

  /** Erases what was written in the sessions that go on. */
  async withdraw(guildId: string, personId: string): Promise<void> {
    for (const { context } of this.#sessions.sessions(guildId)) {
      const { recorder } = context.features.of(SessionCaptions);
      if (recorder) await this.erase(guildId, personId, recorder.session.id);
    }
  }

  /** All of it, or only of one session. */
  async erase(
    guildId: string,
    personId: string,
    sessionId?: string,
  ): Promise<ErasedCounts | undefined> {
    const erase = ({ eraser }: TranscriptPorts) => eraser.forget(guildId, personId, sessionId);
    const work = () => this.#cleanup.erase(erase, never);
    return await withStoreTimeout(guildId, this.#parts, 'store.unwritable', work, eraseTimeoutMs);
  }

  /** Answers to them may quote others, and have no words where they may not know them. */
  async export(guildId: string, personId: string): Promise<PersonExport | undefined> {
    const audience = await this.#lookup.audience(guildId, [personId]);
    if (!audience) return undefined;
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
    return await withStoreTimeout(guildId, this.#parts, 'store.unreadable', work);
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
