import { type BudgetDay, Calendar, monthOf, utcStartOf } from '#src/spending/calendar.ts';
import { type Amount, add, nothing } from '#src/spending/caps.ts';
import { allServers, type SpendingEntry } from '#src/spending/spending-store.ts';
import {
  addTo,
  codeOf,
  type Day,
  empty,
  isUnused,
  newDay,
  plus,
  recallSum,
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

/** Day that runs in a server, with the ends of it and of its month, in ms since 1970. */
export type RunningDay = {
  readonly day: string;
  readonly dayEndMs: number;
  readonly monthEndMs: number;
};

export type SpendingTotals = {
  readonly day: Sum;
  readonly month: Sum;
  readonly captions: Sum;
  readonly people: ReadonlyMap<string, Sum>;
};

type GuildSpending = {
  now: Day;
  /** The day with spending before it: it goes on where a clock that jumped comes back. */
  former: Day | undefined;
  /** Sums of months, such as `2026-11`. */
  months: Map<string, Sum>;
  readonly reserves: Set<Reserve>;
  /** Put aside by other processes, as they told last. */
  elsewhere: readonly SharedReserve[];
  /** Payers by person, as long as something may still be charged to them. */
  readonly payers: Map<string, WeakRef<Payer>>;
};

export type LedgerOptions = {
  readonly countsAll?: boolean;
  /** IANA name of the zone in which the days of a server end; absent: UTC everywhere. */
  readonly timeZoneIn?: (guildId: string) => string;
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
  readonly #countsAll: boolean;
  readonly #timeZoneIn: (guildId: string) => string;

  /** `countsAll`: what servers spend is counted for `allServers`, too, by days of UTC. Those of servers are of their time zone. */
  constructor({ countsAll = false, timeZoneIn = () => 'UTC' }: LedgerOptions = {}) {
    this.#countsAll = countsAll;
    this.#timeZoneIn = (guildId) => (guildId === allServers ? 'UTC' : timeZoneIn(guildId));
  }

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

  /** Ids under which spending of this server is counted. */
  countedUnder(guildId: string): readonly string[] {
    return this.#countsAll ? [guildId, allServers] : [guildId];
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
    for (const id of this.countedUnder(guildId)) {
      const { months, now } = this.#server(id, wallMs);
      now.today = plus(now.today, sum);
      addTo(months, monthOf(now.day), sum);
      this.#note({ guildId: id, ...storedDay(now), ...sum });
    }
    if (who !== undefined) this.assign(guildId, who, spent, wallMs);
  }

  /** Counts what a server was charged with as the part of a person. */
  assign(guildId: string, who: string | Payer, spent: Partial<Sum>, wallMs: number): void {
    const sum = { ...empty, ...spent };
    const { now } = this.#server(guildId, wallMs);
    const { forgotten, people } = now;
    const { personId, code }: Payer = typeof who === 'string' ? { personId: who } : who;
    if (code !== undefined) addTo(forgotten.sums, code, sum);
    if (personId === undefined) return;
    addTo(people, personId, sum);
    this.#note({ guildId, personId, ...storedDay(now), ...sum });
  }

  /** Counts what a server was charged with as the part of captions. */
  assignToCaptions(guildId: string, spent: Partial<Sum>, wallMs: number): void {
    const sum = { ...empty, ...spent };
    const { now } = this.#server(guildId, wallMs);
    now.captions = plus(now.captions, sum);
    this.#note({ guildId, part: 'captions', ...storedDay(now), ...sum });
  }

  standing(guildId: string, wallMs: number): SpendingTotals {
    const { months, now } = this.#server(guildId, wallMs);
    const month = months.get(monthOf(now.day)) ?? empty;
    return { day: now.today, month, captions: now.captions, people: now.people };
  }

  /** The day that runs in a server, and when it and its month end, in ms since 1970. */
  daysIn(guildId: string, wallMs: number): RunningDay {
    const { now } = this.#server(guildId, wallMs);
    const timeZone = this.#timeZoneIn(guildId);
    const dayEndMs = this.#calendar.endOf(now, timeZone);
    return { day: now.day, dayEndMs, monthEndMs: this.#calendar.monthEndOf(now, timeZone) };
  }

  /** Amount that a person has spent today, also before they were forgotten. */
  shareOf(guildId: string, personId: string, wallMs: number): Sum {
    const { people, forgotten } = this.#server(guildId, wallMs).now;
    const before = forgotten.sums.get(codeOf(personId, forgotten)) ?? empty;
    return plus(people.get(personId) ?? empty, before);
  }

  /** Sum of the reserves of all servers, in this process and the others. */
  reservedByAll(): Amount {
    const elsewhere = this.#servers.get(allServers)?.elsewhere ?? [];
    return [this.#reservedHere(), ...elsewhere].reduce(add, nothing);
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
    for (const guildId of new Set(entries.map((entry) => entry.guildId)))
      this.#add(guildId, entries, wallMs);
  }

  /** Reserves of this process in these servers. */
  reserves(guildIds: readonly string[]): readonly SharedReserve[] {
    const own = guildIds.flatMap((guildId) =>
      [...(this.#servers.get(guildId)?.reserves ?? [])].map(({ payer: { personId }, left }) => ({
        guildId,
        ...(personId !== undefined && { personId }),
        ...left,
      })),
    );
    if (!guildIds.includes(allServers)) return own;
    const all = this.#reservedHere();
    const isNone = all.nanoUsd === 0 && all.ms === 0;
    return isNone ? own : [...own, { guildId: allServers, ...all }];
  }

  /** Servers in which something is put aside by this process. */
  get reserving(): readonly string[] {
    const all = [...this.#servers];
    const some = all.filter(([, { reserves }]) => reserves.size > 0).map(([guildId]) => guildId);
    return [...new Set(some.flatMap((guildId) => this.countedUnder(guildId)))];
  }

  /**
   * Takes over what the store of several processes holds of one server, with what this one has not told yet; `wallMs` is when
   * that was asked for.
   */
  settle(guildId: string, standing: SharedStanding, wallMs: number): void {
    const server = this.#server(guildId, wallMs);
    server.elsewhere = standing.reserves.filter((one) => one.guildId === guildId);
    const entries = [...standing.entries, ...this.#unsaved.values()];
    const { now } = server;
    this.#adopt(
      server,
      entries.filter((one) => one.guildId === guildId),
      wallMs,
    );
    if (server.now === now) {
      [now.today, now.captions] = [empty, empty];
      now.people.clear();
    }
    server.months = new Map();
    this.#add(guildId, entries, wallMs, true);
  }

  /** Adds stored sums of one server; `names`: also of people who were forgotten meanwhile. */
  #add(guildId: string, all: readonly SpendingEntry[], wallMs: number, names = false): void {
    const entries = all.filter((entry) => entry.guildId === guildId);
    const server = this.#server(guildId, wallMs);
    this.#adopt(server, entries, wallMs);
    for (const entry of entries) {
      const { guildId: _, personId, part, day, fromMs, ...sum } = entry;
      if (personId === undefined && part === undefined) addTo(server.months, monthOf(day), sum);
      if (day === server.now.day) recallSum({ personId, part, sum }, server.now, names);
    }
  }

  /** Goes on with the latest stored day that has not ended, in place of a day without spending or an earlier one. */
  #adopt(server: GuildSpending, entries: readonly SpendingEntry[], wallMs: number): void {
    const { now } = server;
    const isSpent = !isUnused(now);
    const [{ guildId } = { guildId: '' }] = entries;
    const days = new Map(entries.map(({ day, fromMs = utcStartOf(day) }) => [day, fromMs]));
    const newest = [...days]
      .map(([day, fromMs]) => ({ day, fromMs }))
      .filter(({ day }) => !isSpent || day > now.day)
      .toSorted((one, other) => (one.day < other.day ? 1 : -1))
      .find((one) => this.#isRunning(one, guildId, wallMs));
    if (!newest || (newest.day === now.day && newest.fromMs === now.fromMs)) return;
    if (isSpent) server.former = now;
    server.now = newDay(newest);
  }

  /** A clock that is put back by a day at most ends no day. */
  #isRunning(day: BudgetDay, guildId: string, wallMs: number): boolean {
    if (wallMs < day.fromMs - dayMs) return false;
    return wallMs < this.#calendar.endOf(day, this.#timeZoneIn(guildId));
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

  #reservedHere(): Amount {
    const all = [...this.#servers.values()].flatMap(({ reserves }) => [...reserves]);
    return all.map(({ left }) => left).reduce(add, nothing);
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
    const today = this.#calendar.dayAt(wallMs, this.#timeZoneIn(guildId));
    const server = this.#servers.get(guildId) ?? {
      now: newDay(today),
      former: undefined,
      months: new Map<string, Sum>(),
      reserves: new Set<Reserve>(),
      elsewhere: [],
      payers: new Map<string, WeakRef<Payer>>(),
    };
    this.#servers.set(guildId, server);
    const { now } = server;
    const isSpent = !isUnused(now);
    const isSame = now.day === today.day && now.fromMs === today.fromMs;
    if (isSpent ? this.#isRunning(now, guildId, wallMs) : isSame) return server;
    if (this.#goesOn(server, guildId, wallMs)) return server;
    server.now = newDay(today);
    if (isSpent) server.former = now;
    for (const [personId, payer] of server.payers)
      if (!payer.deref()) server.payers.delete(personId);
    return server;
  }

  /** Whether the former day goes on, after a clock that was wrong or on a day without spending. */
  #goesOn(server: GuildSpending, guildId: string, wallMs: number): boolean {
    const { former, now } = server;
    if (!former || !this.#isRunning(former, guildId, wallMs)) return false;
    server.now = former;
    server.former = isUnused(now) ? undefined : now;
    return true;
  }
}

/** The day of an entry; its beginning is told where it is not midnight UTC. */
function storedDay({ day, fromMs }: BudgetDay): Pick<SpendingEntry, 'day' | 'fromMs'> {
  return { day, ...(fromMs !== utcStartOf(day) && { fromMs }) };
}
