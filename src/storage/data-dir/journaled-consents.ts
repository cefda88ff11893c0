import { neverAborted, waitAtMost } from '#src/base/bounded-wait.ts';
import type { Clock } from '#src/base/clock.ts';
import type { AdmittedErasure, PersonErasure } from '#src/base/erasures.ts';
import type { GuildId, PersonId } from '#src/base/ids.ts';
import type {
  ConsentChange,
  ConsentStore,
  StoredErasure,
  StoredRows,
} from '#src/people/consent.ts';

/** A no, or the beginning of an erasure, that no database has taken yet. */
export type UnwrittenRefusal = Omit<ConsentChange, 'kind'> & {
  readonly guildId: GuildId;
  readonly personId: PersonId;
  readonly kind: 'never' | 'forgotten';
};

/** Keeps refusals that no database has taken yet. */
export interface ConsentJournal {
  /** Lists the servers with entries. Throws BotError `store.unreadable`. */
  listGuilds(): Promise<readonly GuildId[]>;
  /** Reads the entries of a server, the newest of a person last. Throws BotError `store.unreadable`. */
  read(guildId: GuildId): Promise<readonly UnwrittenRefusal[]>;
  /** Adds an entry, which is on disk when this resolves. Throws BotError `store.unwritable`. */
  append(entry: UnwrittenRefusal): Promise<void>;
  /** Keeps these entries of a server alone. Throws BotError `store.unwritable`. */
  replace(guildId: GuildId, entries: readonly UnwrittenRefusal[]): Promise<void>;
}

/** Time after which a refusal that stands in the journal no longer waits for the database. */
const patienceMs = 1_000;
const flushMs = 5_000;

/**
 * Consents whose refusals are on disk before the database is asked. A refusal that the database cannot take counts from the
 * journal, also in the next process, until it is written or the person says yes.
 *
 * @example
 * import { toGuildId, toPersonId } from '#src/base/ids.ts';
 * import { type ConsentJournal, JournaledConsents } from '#src/storage/data-dir/journaled-consents.ts';
 * import type { ConsentStore } from '#src/people/consent.ts';
 * import { realClock } from '#src/base/clock.ts';
 *
 * declare const store: ConsentStore;
 * declare const journal: ConsentJournal;
 * using consents = new JournaledConsents(store, journal, realClock);
 * await consents.write(toGuildId('1'), toPersonId('2'), { kind: 'never' }); // stored, whatever the database does
 */
export class JournaledConsents implements ConsentStore, Disposable {
  readonly #store: ConsentStore;
  readonly #journal: ConsentJournal;
  readonly #clock: Clock;
  readonly #unwritten = new Map<string, UnwrittenRefusal>();
  /** Writes of one person, one after another, so that an older word never replaces a newer one. */
  readonly #writes = new Map<string, Promise<unknown>>();
  readonly #loadedGuilds = new Set<GuildId>();
  #journalWork: Promise<unknown> = Promise.resolve();
  #cancelFlush: (() => void) | undefined;
  #isClosed = false;

  constructor(store: ConsentStore, journal: ConsentJournal, clock: Clock) {
    this.#store = store;
    this.#journal = journal;
    this.#clock = clock;
  }

  /** Reads the answers of a server. A refusal of the journal is newer than the stored answer. */
  async read(guildId: GuildId): Promise<ReadonlyMap<PersonId, ConsentChange>> {
    await this.#loadEntries(guildId);
    const stored = await this.#store.read(guildId);
    const answers = new Map(stored);
    for (const { kind, personId } of this.#listUnwritten(guildId))
      answers.set(personId, { kind });
    return answers;
  }

  /** Stores an answer. Throws only if neither the journal nor the database takes it. */
  async write(
    guildId: GuildId,
    personId: PersonId,
    change: ConsentChange,
  ): Promise<void> {
    // An unreadable journal keeps no answer from being stored.
    await this.#loadEntries(guildId).catch(() => undefined);
    const key = toKey(guildId, personId);
    const { kind } = change;
    const former = this.#unwritten.get(key);
    // A newer answer takes along the beginning of an erasure that is not written yet.
    const { erasesSinceWallMs = former?.erasesSinceWallMs } = change;
    if (kind === 'always') {
      await this.#writeInOrder(guildId, personId, async () => {
        await this.#store.write(guildId, personId, { kind, erasesSinceWallMs });
        await this.#forgetEntry(former);
      });
      return;
    }
    const entry = { guildId, personId, kind, erasesSinceWallMs };
    const isKept = await this.#keepEntry(entry);
    const writing = this.#writeEntry(entry, former);
    if (!isKept) return await writing;
    writing.catch(() => this.#scheduleFlush());
    await waitAtMost(
      writing.catch(() => undefined),
      patienceMs,
      this.#clock,
      neverAborted,
    );
  }

  /** Lists unfinished erasures, also of the journal. */
  async listErasures(): Promise<readonly StoredErasure[]> {
    const stored = await this.#store.listErasures();
    const keys = new Set(
      stored.map(({ guildId, personId }) => toKey(guildId, personId)),
    );
    const entries: UnwrittenRefusal[] = [];
    for (const guildId of await this.#inJournal(() => this.#journal.listGuilds()))
      entries.push(...(await this.#readEntries(guildId)));
    const unwritten = entries.flatMap(
      ({ erasesSinceWallMs: sinceWallMs, guildId, personId }) =>
        sinceWallMs === undefined || keys.has(toKey(guildId, personId))
          ? []
          : [{ guildId, personId, sinceWallMs }],
    );
    return [...stored, ...unwritten];
  }

  /** Ends a finished erasure, after the entry that began it is written. */
  async endErasure(erasure: StoredErasure, endedWallMs: number): Promise<void> {
    await this.#loadEntries(erasure.guildId);
    const entry = this.#unwritten.get(toKey(erasure.guildId, erasure.personId));
    if (entry) await this.#writeEntry(entry);
    await this.#store.endErasure(erasure, endedWallMs);
  }

  /** Counts stored items about a person. */
  countItems(guildId: GuildId, personId: PersonId): Promise<number> {
    return this.#store.countItems(guildId, personId);
  }

  /** Counts the rows that an erasure would erase. */
  countErasable(guildId: GuildId, personId: PersonId): Promise<number> {
    return this.#store.countErasable(guildId, personId);
  }

  /** Lists stored rows about a person. */
  listRows(guildId: GuildId, personId: PersonId): Promise<StoredRows> {
    return this.#store.listRows(guildId, personId);
  }

  /** Erases a person's rows except consent and erasure. */
  erasePerson(erasure: AdmittedErasure<PersonErasure>): Promise<number> {
    return this.#store.erasePerson(erasure);
  }

  /** Tries no more to write entries. They stay in the journal. */
  [Symbol.dispose](): void {
    this.#isClosed = true;
    this.#cancelFlush?.();
  }

  async #loadEntries(guildId: GuildId) {
    if (this.#loadedGuilds.has(guildId)) return;
    const entries = await this.#inJournal(() => this.#journal.read(guildId));
    if (this.#loadedGuilds.has(guildId)) return;
    this.#loadedGuilds.add(guildId);
    for (const entry of entries)
      this.#unwritten.set(toKey(guildId, entry.personId), entry);
    if (entries.length > 0) void this.#flush();
  }

  /** Another process may write the entries of a server that is not loaded here. */
  async #readEntries(guildId: GuildId) {
    return this.#loadedGuilds.has(guildId)
      ? this.#listUnwritten(guildId)
      : await this.#inJournal(() => this.#journal.read(guildId));
  }

  /** Returns whether the entry is on disk. */
  async #keepEntry(entry: UnwrittenRefusal) {
    const key = toKey(entry.guildId, entry.personId);
    const former = this.#unwritten.get(key);
    this.#unwritten.set(key, entry);
    try {
      await this.#inJournal(() => this.#journal.append(entry));
      return true;
    } catch {
      if (this.#unwritten.get(key) !== entry) return false;
      if (former) this.#unwritten.set(key, former);
      else this.#unwritten.delete(key);
      return false;
    }
  }

  /** Writes an entry, after which neither it nor the one before it is needed. */
  async #writeEntry(entry: UnwrittenRefusal, former?: UnwrittenRefusal) {
    const { guildId, personId, ...change } = entry;
    await this.#writeInOrder(guildId, personId, async () => {
      await this.#store.write(guildId, personId, change);
      await this.#forgetEntry(entry);
      await this.#forgetEntry(former);
    });
  }

  /** Forgets an entry, unless a newer one has taken its place, which the database may not have yet. */
  async #forgetEntry(entry: UnwrittenRefusal | undefined) {
    if (!entry) return;
    const { guildId, personId } = entry;
    const key = toKey(guildId, personId);
    if (this.#unwritten.get(key) !== entry) return;
    this.#unwritten.delete(key);
    if (!this.#loadedGuilds.has(guildId)) return;
    // An entry that stays is written once more in the next process, and is true there.
    await this.#inJournal(() =>
      this.#journal.replace(guildId, this.#listUnwritten(guildId)),
    ).catch(() => undefined);
  }

  async #flush() {
    this.#cancelFlush = undefined;
    for (const [key, entry] of this.#unwritten) {
      if (this.#isClosed) return;
      if (this.#unwritten.get(key) === entry)
        await this.#writeEntry(entry).catch(() => undefined); // The database reports its trouble.
    }
    this.#scheduleFlush();
  }

  #scheduleFlush() {
    if (this.#isClosed || this.#cancelFlush || this.#unwritten.size === 0) return;
    this.#cancelFlush = this.#clock.later(flushMs, () => void this.#flush());
  }

  async #writeInOrder(
    guildId: GuildId,
    personId: PersonId,
    write: () => Promise<void>,
  ) {
    const key = toKey(guildId, personId);
    const former = this.#writes.get(key) ?? Promise.resolve();
    const writing = former.then(write, write);
    this.#writes.set(key, writing);
    try {
      await writing;
    } finally {
      if (this.#writes.get(key) === writing) this.#writes.delete(key);
    }
  }

  async #inJournal<T>(work: () => Promise<T>): Promise<T> {
    const working = this.#journalWork.then(work, work);
    this.#journalWork = working;
    return await working;
  }

  #listUnwritten(guildId: GuildId) {
    return [...this.#unwritten.values()].filter((entry) => entry.guildId === guildId);
  }
}

function toKey(guildId: GuildId, personId: PersonId) {
  return `${guildId} ${personId}`;
}
