import { Calendar, dayOf, monthOf } from '#src/spending/calendar.ts';
import { type Amount, add, nothing } from '#src/spending/caps.ts';
import type { SpendingEntry } from '#src/spending/spending-store.ts';
import {
  addTo,
  codeOf,
  type Day,
  empty,
  isIn,
  newDay,
  plus,
  recallEntry,
  type Sum,
} from './ledger-day.ts';
import type { SharedReserve, SharedStanding } from './shared-spending.ts';

const dayMs = 86_400_000;

/** Money put aside for something that runs; what it really takes is taken from there first. */
export type Reserve = {
  readonly guildId: string;
  readonly payer: Payer;
  left: Amount;
};

/** Payer of an answer: a person, after forgetting only the code of that day; with neither, the server alone. */
export type Payer = { personId?: string; code?: string };

export type SpendingTotals = {
  readonly day: Sum;
  readonly month: Sum;
  readonly captions: Sum;
  readonly people: ReadonlyMap<string, Sum>;
};

type GuildSpending = {
  now: Day;
  /** The day before the clock last jumped: it goes on where the clock comes back. */
  former?: Day;
  readonly reserves: Set<Reserve>;
  /** Put aside by other processes, as they told last. */
  elsewhere: readonly SharedReserve[];
  /** Payers by person, as long as something may still be charged to them. */
  readonly payers: Map<string, WeakRef<Payer>>;
};

/**
 * Amounts that servers and people have spent this day and month, with reserves; what is not in the store yet is kept
 * apart.
 */
export class Ledger {
  readonly #servers = new Map<string, GuildSpending>();
  readonly #calendar = new Calendar();
  /** By server, person or part, and day. */
  #unsaved = new Map<string, SpendingEntry>();
  /** Entries drained last. */
  #saving: readonly SpendingEntry[] = [];
  #forgotten = 0;
  #onUnsaved: () => void = () => undefined;

  /** Sets the listener for the first entry that is not in the store yet, after all were. */
  onUnsaved(listener: () => void): void {
    this.#onUnsaved = listener;
  }

  /** Number of times that a person was forgotten. */
  get forgotten(): number {
    return this.#forgotten;
  }

  get hasUnsaved(): boolean {
    return this.#unsaved.size > 0;
  }

  /** Payer for a later charge; it charges no person once that person is forgotten. */
  payer(guildId: string, personId: string, wallMs: number): Payer {
    const { payers } = this.#server(guildId, wallMs);
    const known = payers.get(personId)?.deref();
    if (known) return known;
    const payer = { personId };
    payers.set(personId, new WeakRef(payer));
    return payer;
  }

  /** Counts `spent` for a server and, where one is named, a person. */
  charge(
    guildId: string,
    who: string | Payer | undefined,
    spent: Partial<Sum>,
    wallMs: number,
  ): void {
    const sum = { ...empty, ...spent };
    const { now } = this.#server(guildId, wallMs);
    now.today = plus(now.today, sum);
    now.thisMonth = plus(now.thisMonth, sum);
    this.#note({ guildId, day: now.day, ...sum });
    if (who !== undefined) this.assign(guildId, who, spent, wallMs);
  }

  /** Counts what a server was charged with as the part of a person. */
  assign(guildId: string, who: string | Payer, spent: Partial<Sum>, wallMs: number): void {
    const sum = { ...empty, ...spent };
    const { day, forgotten, people } = this.#server(guildId, wallMs).now;
    const { personId, code }: Payer = typeof who === 'string' ? { personId: who } : who;
    if (code !== undefined) addTo(forgotten.sums, code, sum);
    if (personId === undefined) return;
    addTo(people, personId, sum);
    this.#note({ guildId, personId, day, ...sum });
  }

  /** Counts what a server was charged with as the part of captions. */
  assignToCaptions(guildId: string, spent: Partial<Sum>, wallMs: number): void {
    const sum = { ...empty, ...spent };
    const { now } = this.#server(guildId, wallMs);
    now.captions = plus(now.captions, sum);
    this.#note({ guildId, part: 'captions', day: now.day, ...sum });
  }

  standing(guildId: string, wallMs: number): SpendingTotals {
    const { today, thisMonth, captions, people } = this.#server(guildId, wallMs).now;
    return { day: today, month: thisMonth, captions, people };
  }

  /** Amount that a person has spent today, also before they were forgotten. */
  shareOf(guildId: string, personId: string, wallMs: number): Sum {
    const { people, forgotten } = this.#server(guildId, wallMs).now;
    const before = forgotten.sums.get(codeOf(personId, forgotten)) ?? empty;
    return plus(people.get(personId) ?? empty, before);
  }

  /** Sum of the reserves there, or of those of one person. */
  reserved(guildId: string, personId?: string): Amount {
    const server = this.#servers.get(guildId);
    const code =
      personId !== undefined && server ? codeOf(personId, server.now.forgotten) : undefined;
    const all = [...(server?.reserves ?? [])];
    const theirs = all.filter(
      ({ payer }) => personId === undefined || payer.personId === personId || payer.code === code,
    );
    const elsewhere = (server?.elsewhere ?? []).filter(
      (other) => personId === undefined || other.personId === personId,
    );
    return [...theirs.map(({ left }) => left), ...elsewhere].reduce(add, nothing);
  }

  reserve(guildId: string, who: string | Payer, amount: Amount, wallMs: number): Reserve {
    const payer = typeof who === 'string' ? this.payer(guildId, who, wallMs) : who;
    const reserve = { guildId, payer, left: amount };
    this.#server(guildId, wallMs).reserves.add(reserve);
    return reserve;
  }

  /** Charges a sum and takes it from the reserve. */
  take(reserve: Reserve, spent: Partial<Sum>, wallMs: number): void {
    const { guildId, payer, left } = reserve;
    reserve.left = {
      nanoUsd: Math.max(0, left.nanoUsd - (spent.nanoUsd ?? 0)),
      ms: Math.max(0, left.ms - (spent.ms ?? 0)),
    };
    this.charge(guildId, payer, spent, wallMs);
  }

  /** The rest is free again; what is taken later still counts. */
  release(reserve: Reserve): void {
    reserve.left = nothing;
    this.#servers.get(reserve.guildId)?.reserves.delete(reserve);
  }

  /**
   * Nothing names the person any more, whatever is still charged for them; what they spent stays in the sums of the server,
   * and until midnight it stays their share.
   */
  forget(guildId: string, personId: string, wallMs: number): void {
    this.#forgotten++;
    const isTheirs = (entry: SpendingEntry) =>
      entry.guildId === guildId && entry.personId === personId;
    this.#saving = this.#saving.filter((entry) => !isTheirs(entry));
    for (const [key, entry] of this.#unsaved) if (isTheirs(entry)) this.#unsaved.delete(key);
    const server = this.#server(guildId, wallMs);
    const code = codeOf(personId, server.now.forgotten);
    const payer = server.payers.get(personId)?.deref();
    if (payer) {
      delete payer.personId;
      payer.code = code;
    }
    server.payers.delete(personId);
    for (const { people, forgotten } of [server.now, ...(server.former ? [server.former] : [])]) {
      const spent = people.get(personId);
      addTo(forgotten.sums, codeOf(personId, forgotten), spent ?? empty);
      people.delete(personId);
    }
  }

  /** Adds stored sums to those since; they may have been read before a person was forgotten. */
  recall(entries: readonly SpendingEntry[], wallMs: number): void {
    for (const entry of entries) recallEntry(entry, this.#server(entry.guildId, wallMs).now);
  }

  /** Reserves of this process in these servers. */
  reserves(guildIds: readonly string[]): readonly SharedReserve[] {
    return guildIds.flatMap((guildId) =>
      [...(this.#servers.get(guildId)?.reserves ?? [])].map(({ payer: { personId }, left }) => ({
        guildId,
        ...(personId !== undefined && { personId }),
        ...left,
      })),
    );
  }

  /** Servers in which something is put aside by this process. */
  get reserving(): readonly string[] {
    const all = [...this.#servers];
    return all.filter(([, { reserves }]) => reserves.size > 0).map(([guildId]) => guildId);
  }

  /**
   * Takes over what the store of several processes holds of one server, with what this one has not told yet; `wallMs` is when
   * that was asked for.
   */
  settle(guildId: string, standing: SharedStanding, wallMs: number): void {
    const server = this.#server(guildId, wallMs);
    const isHere = (entry: { readonly guildId: string }) => entry.guildId === guildId;
    server.elsewhere = standing.reserves.filter(isHere);
    const { now } = server;
    [now.today, now.thisMonth, now.captions] = [empty, empty, empty];
    now.people.clear();
    const untold = [...this.#unsaved.values()];
    for (const entry of [...standing.entries, ...untold].filter(isHere)) {
      const { personId, part, day, ...sum } = entry;
      if (personId === undefined) recallEntry(entry, now);
      else if (day === now.day) addTo(now.people, personId, sum);
    }
  }

  /** Entries to add to the store; from now on they count as saved. */
  drain(): readonly SpendingEntry[] {
    this.#saving = [...this.#unsaved.values()];
    this.#unsaved = new Map();
    return this.#saving;
  }

  /** Keeps the entries drained last for the next time, because the store did not take them. */
  putBack(): void {
    const since = this.#unsaved;
    this.#unsaved = new Map();
    for (const entry of [...this.#saving, ...since.values()]) this.#note(entry);
    this.#saving = [];
  }

  #note(entry: SpendingEntry): void {
    const key = JSON.stringify([entry.guildId, entry.personId, entry.part, entry.day]);
    const before = this.#unsaved.get(key);
    const isFirst = this.#unsaved.size === 0;
    this.#unsaved.set(key, before ? { ...entry, ...plus(before, entry) } : entry);
    if (isFirst) this.#onUnsaved();
  }

  /**
   * On the day it is. A clock that is put back past one midnight changes nothing, so that no person has a second share; one
   * that is put back further was wrong before, and the day it left goes on.
   */
  #server(guildId: string, wallMs: number): GuildSpending {
    const day = this.#calendar.dayOf(wallMs);
    const server = this.#servers.get(guildId) ?? {
      now: newDay(day, empty),
      reserves: new Set<Reserve>(),
      elsewhere: [],
      payers: new Map<string, WeakRef<Payer>>(),
    };
    this.#servers.set(guildId, server);
    const { now, former } = server;
    if (day === now.day || dayOf(wallMs + dayMs) === now.day) return server;
    const sameMonth = [now, ...(former ? [former] : [])].find(isIn(monthOf(day)));
    server.now = former?.day === day ? former : newDay(day, sameMonth?.thisMonth ?? empty);
    server.former = now;
    for (const [personId, payer] of server.payers)
      if (!payer.deref()) server.payers.delete(personId);
    return server;
  }
}
