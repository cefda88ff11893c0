import type { GuildId, PersonId } from '#src/base/ids.ts';
import { dropOldest } from '#src/base/loops/mailbox.ts';
import { toUtcDay } from '#src/spending/calendar.ts';
import {
  allServers,
  type SpendingEntry,
  type SpendingScope,
} from '#src/spending/spending-store.ts';

/** Money set aside for running work. */
export type Reserve = {
  readonly guildId: GuildId;
  readonly personId: PersonId | undefined;
  left: number;
};

/** Daily amounts in billionths of a dollar. */
export type Sum = Pick<SpendingEntry, 'nanoUsd' | 'turns'>;

export type SpendingTotals = {
  readonly day: Sum;
  readonly people: ReadonlyMap<PersonId, Sum>;
};

type Day = { today: Sum; readonly people: Map<PersonId, Sum> };

type GuildSpending = {
  /** Kept by UTC day for some days, so that a wrong clock gives nobody a second budget. */
  readonly days: Map<string, Day>;
  readonly reserves: Set<Reserve>;
  /** Forgotten people count until the process ends, but are not stored. */
  readonly forgotten: Set<PersonId>;
};

/** Days kept for a server. */
const mostDays = 4;

const emptySum = { nanoUsd: 0, turns: 0 };

export type LedgerOptions = {
  /** Also sums up all servers, for a total budget. */
  readonly countsAll?: boolean;
};

/** Daily spending of servers and people, with reserves. Days are days of UTC. Unsaved entries are kept apart. */
export class Ledger {
  readonly #countsAll: boolean;
  readonly #servers = new Map<SpendingScope, GuildSpending>();
  readonly #unsaved = new UnsavedEntries();
  #spentNanoUsd = 0;

  constructor({ countsAll = false }: LedgerOptions = {}) {
    this.#countsAll = countsAll;
  }

  /** Sets the one listener that is called when the first unsaved entry arises. */
  onUnsaved(listener: () => void): void {
    this.#unsaved.onFirst(listener);
  }

  /** Lists the amounts that the store does not have yet. */
  listUnsaved(): readonly SpendingEntry[] {
    return this.#unsaved.list();
  }

  /** Subtracts amounts that were stored from the unsaved entries. */
  noteSaved(entries: readonly SpendingEntry[]): void {
    this.#unsaved.noteSaved(entries);
  }

  /** Whether an amount waits to be stored. */
  get hasUnsaved(): boolean {
    return this.#unsaved.list().length > 0;
  }

  /** Billionths of a dollar that this process spent since its start, and how much of them is stored. 0 without `countsAll`. */
  get spentHere(): { readonly nanoUsd: number; readonly savedNanoUsd: number } {
    const savedNanoUsd = this.#spentNanoUsd - sumUnsaved(this.#unsaved.list());
    return { nanoUsd: this.#spentNanoUsd, savedNanoUsd };
  }

  /** Adds an amount to the day of the server, and to the day of the person if one is given. */
  charge(
    guildId: GuildId,
    personId: PersonId | undefined,
    spent: Partial<Sum>,
    wallMs: number,
  ): void {
    const sum = { ...emptySum, ...spent };
    const scopes: SpendingScope[] = [guildId];
    if (this.#countsAll) {
      this.#spentNanoUsd += sum.nanoUsd;
      scopes.push(allServers);
    }
    for (const scope of scopes) {
      const day = this.#getDay(scope, toUtcDay(wallMs));
      day.today = addSums(day.today, sum);
      this.#unsaved.note({ guildId: scope, day: toUtcDay(wallMs), ...sum });
    }
    if (personId !== undefined) this.assign(guildId, personId, spent, wallMs);
  }

  /** Adds an amount that the server was charged before to the day of a person. */
  assign(
    guildId: GuildId,
    personId: PersonId,
    spent: Partial<Sum>,
    wallMs: number,
  ): void {
    const sum = { ...emptySum, ...spent };
    const day = toUtcDay(wallMs);
    addToSums(this.#getDay(guildId, day).people, personId, sum);
    const isStored = !this.#getServer(guildId).forgotten.has(personId);
    if (isStored) this.#unsaved.note({ guildId, personId, day, ...sum });
  }

  /** Sums of a server today, and of its people without the forgotten ones. */
  getStanding(guildId: SpendingScope, wallMs: number): SpendingTotals {
    const { people, today } = this.#getDay(guildId, toUtcDay(wallMs));
    const { forgotten } = this.#getServer(guildId);
    return {
      day: today,
      people: new Map([...people].filter(([personId]) => !forgotten.has(personId))),
    };
  }

  /** Sum of one person in a server today, forgotten or not. */
  getShare(guildId: GuildId, personId: PersonId, wallMs: number): Sum {
    return this.#getDay(guildId, toUtcDay(wallMs)).people.get(personId) ?? emptySum;
  }

  /** Billionths of a dollar that are set aside in all servers. */
  getAllReserved(): number {
    const reserves = [...this.#servers.values()].flatMap((server) => [
      ...server.reserves,
    ]);
    return sumAmounts(reserves.map(({ left }) => left));
  }

  /** Billionths of a dollar that are set aside in a server, or there for one person. */
  getReserved(guildId: GuildId, personId?: PersonId): number {
    const reserves = [...this.#getServer(guildId).reserves].filter(
      (reserve) => personId === undefined || reserve.personId === personId,
    );
    return sumAmounts(reserves.map(({ left }) => left));
  }

  /** Sets money aside, without looking at any cap. `release` frees the rest. */
  reserve(guildId: GuildId, personId: PersonId | undefined, nanoUsd: number): Reserve {
    const reserve = { guildId, personId, left: nanoUsd };
    this.#getServer(guildId).reserves.add(reserve);
    return reserve;
  }

  /** Charges an amount to the payers of a reserve, which shrinks by it, at most to 0. */
  settleReserve(reserve: Reserve, spent: Partial<Sum>, wallMs: number): void {
    const { guildId, left, personId } = reserve;
    reserve.left = Math.max(0, left - (spent.nanoUsd ?? 0));
    this.charge(guildId, personId, spent, wallMs);
  }

  /** Frees the rest of a reserve. A second call does nothing. */
  release(reserve: Reserve): void {
    reserve.left = 0;
    this.#servers.get(reserve.guildId)?.reserves.delete(reserve);
  }

  /** Stops storing a person. Sums of the server stay. */
  forget(guildId: GuildId, personId: PersonId): void {
    this.#unsaved.forget(guildId, personId);
    this.#getServer(guildId).forgotten.add(personId);
  }

  /** Adds stored amounts of an earlier run, which do not count as unsaved. */
  recall(entries: readonly SpendingEntry[]): void {
    for (const { guildId, personId, day: date, nanoUsd, turns } of entries) {
      const day = this.#getDay(guildId, date);
      const sum = { nanoUsd, turns };
      if (personId !== undefined) addToSums(day.people, personId, sum);
      else day.today = addSums(day.today, sum);
    }
  }

  /** Replaces the sum of all servers by the stored one of all processes, and adds the unsaved amounts. */
  settleTotal(date: string, nanoUsd: number): void {
    const unsaved = this.#unsaved.list().filter((entry) => entry.day === date);
    const day = this.#getDay(allServers, date);
    day.today = { ...day.today, nanoUsd: nanoUsd + sumUnsaved(unsaved) };
  }

  #getServer(guildId: SpendingScope) {
    const server = this.#servers.get(guildId) ?? {
      days: new Map<string, Day>(),
      reserves: new Set(),
      forgotten: new Set(),
    };
    this.#servers.set(guildId, server);
    return server;
  }

  #getDay(guildId: SpendingScope, date: string) {
    const { days } = this.#getServer(guildId);
    const existing = days.get(date);
    if (existing) return existing;
    const day: Day = { today: emptySum, people: new Map() };
    days.set(date, day);
    dropOldest(days, mostDays);
    return day;
  }
}

/** Sums the entries of all servers together. */
function sumUnsaved(entries: readonly SpendingEntry[]) {
  const totals = entries.filter(({ guildId }) => guildId === allServers);
  return sumAmounts(totals.map(({ nanoUsd }) => nanoUsd));
}

/** Unsaved entries by server, person and day. */
class UnsavedEntries {
  readonly #entries = new Map<string, SpendingEntry>();
  #reportFirst: () => void = () => undefined;

  /** Sets the listener for the first entry after none. */
  onFirst(listener: () => void): void {
    this.#reportFirst = listener;
  }

  /** Lists the entries, the oldest first. */
  list(): readonly SpendingEntry[] {
    return [...this.#entries.values()];
  }

  /** Adds an amount to the entry of its server, person and day. */
  note(entry: SpendingEntry): void {
    const key = toEntryKey(entry);
    const sum = this.#entries.get(key) ?? emptySum;
    const isFirst = this.#entries.size === 0;
    this.#entries.set(key, { ...entry, ...addSums(sum, entry) });
    if (isFirst) this.#reportFirst();
  }

  /** Subtracts stored amounts, and drops entries of which nothing is left. */
  noteSaved(saved: readonly SpendingEntry[]): void {
    for (const entry of saved) {
      const key = toEntryKey(entry);
      const { nanoUsd = 0, turns = 0 } = this.#entries.get(key) ?? {};
      const unsaved = { nanoUsd: nanoUsd - entry.nanoUsd, turns: turns - entry.turns };
      if (unsaved.nanoUsd > 0 || unsaved.turns > 0)
        this.#entries.set(key, { ...entry, ...unsaved });
      else this.#entries.delete(key);
    }
  }

  /** Drops the entries of one person in a server. */
  forget(guildId: GuildId, personId: PersonId): void {
    for (const [key, entry] of this.#entries)
      if (entry.guildId === guildId && entry.personId === personId)
        this.#entries.delete(key);
  }
}

function toEntryKey({ guildId, personId, day }: SpendingEntry) {
  return JSON.stringify([guildId, personId, day]);
}

function addToSums(sums: Map<PersonId, Sum>, personId: PersonId, sum: Sum) {
  sums.set(personId, addSums(sums.get(personId) ?? emptySum, sum));
}

function addSums(sum: Sum, added: Sum) {
  return { nanoUsd: sum.nanoUsd + added.nanoUsd, turns: sum.turns + added.turns };
}

function sumAmounts(amounts: readonly number[]) {
  return amounts.reduce((sum, amount) => sum + amount, 0);
}
