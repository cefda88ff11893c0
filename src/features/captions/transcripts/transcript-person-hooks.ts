import type { TranscriptPorts } from '#src/features/captions/store/transcript-ports.ts';
import type { PersonExport } from '#src/features/captions/transcript-store-types.ts';
import type { PersonHooks, StoredCounts } from '#src/ports/feature-session.ts';
import { eraseTimeoutMs, withStoreTimeout } from '#src/ports/store-timeout.ts';
import type { VoiceSessions } from '#src/sessions/voice-sessions.ts';
import { allStores, type CaptionParts } from './disk-and-memory-stores.ts';
import type { TranscriptCleanup } from './transcript-cleanup.ts';

/** Signal that is never aborted: an erasure is completed. */
const never = new AbortController().signal;

/** Hooks by which stored lines and memories of a person are counted, exported and erased, in both stores. */
export class TranscriptPersonHooks implements PersonHooks {
  readonly #parts: CaptionParts;
  readonly #sessions: VoiceSessions;
  readonly #cleanup: TranscriptCleanup;

  constructor(parts: CaptionParts, sessions: VoiceSessions, cleanup: TranscriptCleanup) {
    this.#parts = parts;
    this.#sessions = sessions;
    this.#cleanup = cleanup;
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
      const { recorder } = context.features.sessions.captions;
      if (recorder) await this.erase(guildId, personId, recorder.session.id);
    }
  }

  /** All of it, or only of one session. */
  async erase(guildId: string, personId: string, sessionId?: string): Promise<number | undefined> {
    const erase = ({ eraser }: TranscriptPorts) => eraser.forget(guildId, personId, sessionId);
    const work = () => this.#cleanup.erase(erase, never);
    return await withStoreTimeout(guildId, this.#parts, 'store.unwritable', work, eraseTimeoutMs);
  }

  /** Their words, and answers to them. */
  async export(guildId: string, personId: string): Promise<PersonExport | undefined> {
    const all = await this.#read(guildId, ({ records }) => records.all(guildId, personId));
    return (
      all && {
        sessions: all.flatMap(({ sessions }) => sessions),
        lines: all.flatMap(({ lines }) => lines),
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
