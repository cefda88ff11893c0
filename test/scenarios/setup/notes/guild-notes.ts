import { randomUUID } from 'node:crypto';
import type { AlertChange, FeatureAlert } from '#src/base/alerts.ts';
import { runPeriodically } from '#src/base/loops/periodic-task.ts';
import type { Public } from '#src/base/public.ts';
import { withStoreTimeout } from '#src/conversation/alerts/store-timeout.ts';
import type { ShardServices } from '#src/conversation/feature.ts';
import { type FeatureEventKind, featureEvent } from '#src/conversation/ports/session-events.ts';
import type { SessionDependencies } from '#src/conversation/session-dependencies.ts';
import type { VoiceSessions } from '#src/conversation/voice-sessions.ts';
import type { Note, NoteStore } from './note-store.ts';

/** A note was kept. */
export const noteKept: FeatureEventKind<'personId' | 'chars'> = {
  kind: 'note',
  level: 'info',
  line: ['kind', 'personId', 'chars', 'guildId'],
  meter: { counter: 'notes', help: 'Notes that were kept.', labels: [] },
};

/** A server has many notes. */
export const manyNotes: FeatureAlert = {
  name: 'notes-many',
  meaning: 'a server keeps many notes',
  action: 'Delete some of them.',
};

/** Notes of a server that raise the alert. */
const manyCount = 3;
/** Time in ms that a note is kept, and between two checks. */
const [keptMs, everyMs] = [86_400_000, 500];

/** Notes of all servers: in the store, and cached for the panel. */
export class GuildNotes {
  readonly #parts: SessionDependencies;
  readonly #store: Public<NoteStore>;
  readonly #sessions: VoiceSessions;
  readonly #known = new Map<string, readonly Note[]>();

  constructor({ parts, sessions }: ShardServices, store: Public<NoteStore>) {
    this.#parts = parts;
    this.#sessions = sessions;
    this.#store = store;
  }

  /** Notes as last read; none before that. */
  known(guildId: string): readonly Note[] {
    return this.#known.get(guildId) ?? [];
  }

  /** Reads the notes of a server. Never throws. */
  async load(guildId: string): Promise<void> {
    const read = () => this.#store.list(guildId);
    const notes = await withStoreTimeout(guildId, this.#parts, 'store.unreadable', read);
    if (notes) this.#change(guildId, notes);
  }

  /** Errors: as `NoteStore.add`. */
  async keep(guildId: string, personId: string, text: string): Promise<void> {
    const keptAtWallMs = this.#parts.clock.wallMs();
    await this.#store.add({ id: randomUUID(), guildId, personId, text, keptAtWallMs });
    this.#parts.onEvent(guildId, featureEvent(noteKept, { personId, chars: text.length }));
    await this.load(guildId);
  }

  /** Deletes old notes until `signal` is aborted. Never rejects. */
  expire(signal: AbortSignal): Promise<void> {
    const { clock, onEvent } = this.#parts;
    const name = 'expiry of notes';
    const run = async () => {
      if ((await this.#store.expire(clock.wallMs() - keptMs)) === 0) return;
      for (const guildId of this.#known.keys()) await this.load(guildId);
    };
    const report = (change: AlertChange) => onEvent('', change);
    return runPeriodically({ name, clock, everyMs, run, report }, signal);
  }

  forget(guildId: string, personId: string): void {
    const others = this.known(guildId).filter((note) => note.personId !== personId);
    this.#change(guildId, others);
  }

  forgetServer(guildId: string): void {
    this.#known.delete(guildId);
  }

  /** Panels show it at once. */
  #change(guildId: string, notes: readonly Note[]): void {
    this.#known.set(guildId, notes);
    const state = notes.length < manyCount ? 'cleared' : 'raised';
    const cause = `${notes.length} notes`;
    this.#parts.onEvent(guildId, { kind: 'alert', of: manyNotes, state, cause });
    for (const { context } of this.#sessions.sessions(guildId)) context.wakeup.wake();
  }
}
