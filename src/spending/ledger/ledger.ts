import type { GuildId, PersonId } from '#src/base/ids.ts';
import { dropOldest } from '#src/base/loops/mailbox.ts';
import { toUtcDay } from '#src/spending/calendar.ts';
import type { SpendingEntry, SpendingKey } from '#src/spending/spending-store.ts';

/** Money set aside for running work, which belongs to the day on which its last request left. */
export type Reserve = {
  readonly guildId: GuildId;
  readonly personId: PersonId | undefined;
  left: number;
  day: string;
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

/** Daily spending of servers and people, with reserves. Days are days of UTC. Unsaved entries are kept apart. */
export class Ledger {
  readonly #servers = new Map<GuildId, GuildSpending>();
  readonly #unsaved = new UnsavedEntries();
  /** Stored spending of all servers by day. */
  readonly #storedTotals = new Map<string, number>();

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
    this.#addStored(entries);
  }

  /** Whether an amount waits to be stored. */
  get hasUnsaved(): boolean {
    return this.#unsaved.list().length > 0;
  }

  /** Billionths of a dollar that the store must still take for a key: unsaved ones, and those set aside. */
  getOpen(key: SpendingKey): number {
    const { guildId, personId, day } = key;
    const reserves = this.#listReserves(guildId, personId).filter(
      (reserve) => reserve.day === day,
    );
    return this.#unsaved.get(key) + sumAmounts(reserves.map(({ left }) => left));
  }

  /** Whether a person was forgotten in a server since the process began. */
  isForgotten(guildId: GuildId, personId: PersonId): boolean {
    return this.#servers.get(guildId)?.forgotten.has(personId) ?? false;
  }

  /** Adds an amount to the day of the server, and to the day of the person if one is given. */
  charge(
    guildId: GuildId,
    personId: PersonId | undefined,
    spent: Partial<Sum>,
    wallMs: number,
  ): void {
    this.#chargeDay(guildId, personId, spent, toUtcDay(wallMs));
  }

  /** Adds an amount that the server was charged before to the day of a person. */
  assign(
    guildId: GuildId,
    personId: PersonId,
    spent: Partial<Sum>,
    wallMs: number,
  ): void {
    this.#assignDay(guildId, personId, spent, toUtcDay(wallMs));
  }

  /** Sums of a server today, and of its people without the forgotten ones. */
  getStanding(guildId: GuildId, wallMs: number): SpendingTotals {
    const { people, today } = this.#getDay(guildId, toUtcDay(wallMs));
    const { forgotten } = this.#getServer(guildId);
    return {
      day: today,
      people: new Map([...people].filter(([personId]) => !forgotten.has(personId))),
    };
  }

  /** Billionths of a dollar that all servers spent today, as far as is known. */
  getTotal(wallMs: number): number {
    const day = toUtcDay(wallMs);
    const unsaved = this.#unsaved.list().filter((entry) => entry.day === day);
    return (this.#storedTotals.get(day) ?? 0) + sumServers(unsaved);
  }

  /** Sum of one person in a server today, forgotten or not. */
  getShare(guildId: GuildId, personId: PersonId, wallMs: number): Sum {
    return this.#getDay(guildId, toUtcDay(wallMs)).people.get(personId) ?? emptySum;
  }

  /** Billionths of a dollar that are set aside in a server, or there for one person. */
  getReserved(guildId: GuildId, personId?: PersonId): number {
    return sumAmounts(this.#listReserves(guildId, personId).map(({ left }) => left));
  }

  /** Sets money aside, without looking at any cap. `release` frees the rest. */
  reserve(
    guildId: GuildId,
    personId: PersonId | undefined,
    nanoUsd: number,
    wallMs: number,
  ): Reserve {
    const reserve = { guildId, personId, left: nanoUsd, day: toUtcDay(wallMs) };
    this.#getServer(guildId).reserves.add(reserve);
    return reserve;
  }

  /** Charges an amount to the payers of a reserve on its day. The reserve shrinks by it, at most to 0. */
  settleReserve(reserve: Reserve, spent: Partial<Sum>): void {
    const { day, guildId, left, personId } = reserve;
    reserve.left = Math.max(0, left - (spent.nanoUsd ?? 0));
    this.#chargeDay(guildId, personId, spent, day);
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

  /** Adds stored amounts of earlier runs, which do not count as unsaved. */
  recall(entries: readonly SpendingEntry[]): void {
    for (const { guildId, personId, day: date, nanoUsd, turns } of entries) {
      const day = this.#getDay(guildId, date);
      const sum = { nanoUsd, turns };
      if (personId !== undefined) addToSums(day.people, personId, sum);
      else day.today = addSums(day.today, sum);
    }
    this.#addStored(entries);
  }

  /** Replaces the stored spending of all servers by that of all processes. */
  settleTotal(day: string, nanoUsd: number): void {
    this.#storedTotals.set(day, nanoUsd);
    dropOldest(this.#storedTotals, mostDays);
  }

  #addStored(entries: readonly SpendingEntry[]) {
    for (const day of new Set(entries.map((entry) => entry.day))) {
      const ofDay = entries.filter((entry) => entry.day === day);
      this.settleTotal(day, (this.#storedTotals.get(day) ?? 0) + sumServers(ofDay));
    }
  }

  #chargeDay(
    guildId: GuildId,
    personId: PersonId | undefined,
    spent: Partial<Sum>,
    date: string,
  ) {
    const sum = { ...emptySum, ...spent };
    const day = this.#getDay(guildId, date);
    day.today = addSums(day.today, sum);
    this.#unsaved.note({ guildId, day: date, ...sum });
    if (personId !== undefined) this.#assignDay(guildId, personId, spent, date);
  }

  #assignDay(guildId: GuildId, personId: PersonId, spent: Partial<Sum>, day: string) {
    const sum = { ...emptySum, ...spent };
    addToSums(this.#getDay(guildId, day).people, personId, sum);
    const isStored = !this.#getServer(guildId).forgotten.has(personId);
    if (isStored) this.#unsaved.note({ guildId, personId, day, ...sum });
  }

  #listReserves(guildId: GuildId, personId: PersonId | undefined) {
    return [...this.#getServer(guildId).reserves].filter(
      (reserve) => personId === undefined || reserve.personId === personId,
    );
  }

  #getServer(guildId: GuildId) {
    const server = this.#servers.get(guildId) ?? {
      days: new Map<string, Day>(),
      reserves: new Set(),
      forgotten: new Set(),
    };
    this.#servers.set(guildId, server);
    return server;
  }

  #getDay(guildId: GuildId, date: string) {
    const { days } = this.#getServer(guildId);
    const existing = days.get(date);
    if (existing) return existing;
    const day: Day = { today: emptySum, people: new Map() };
    days.set(date, day);
    dropOldest(days, mostDays);
    return day;
  }
}

/** Sums the entries of servers, which hold those of their people. */
function sumServers(entries: readonly SpendingEntry[]) {
  const ofServers = entries.filter(({ personId }) => personId === undefined);
  return sumAmounts(ofServers.map(({ nanoUsd }) => nanoUsd));
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

  /** Billionths of a dollar in the entry of a key. */
  get(key: SpendingKey): number {
    return this.#entries.get(toEntryKey(key))?.nanoUsd ?? 0;
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

/** Builds the key of a map, by server, person and day. */
export function toEntryKey({ guildId, personId, day }: SpendingKey): string {
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
