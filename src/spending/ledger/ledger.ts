import { dropOldest } from '#src/base/loops/mailbox.ts';
import { toUtcDay } from '#src/spending/calendar.ts';
import { allServers, type SpendingEntry } from '#src/spending/spending-store.ts';

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
  readonly people: ReadonlyMap<string, Sum>;
};

type Day = { today: Sum; readonly people: Map<string, Sum> };

type GuildSpending = {
  /** Kept for some days, so that a wrong clock gives nobody a second budget. */
  readonly days: Map<string, Day>;
  readonly reserves: Set<Reserve>;
  /** Forgotten people count until the process ends, but are not stored. */
  readonly forgotten: Set<string>;
};

/** Days kept for a server. */
const mostDays = 4;

const empty = { nanoUsd: 0, turns: 0 };

/** Daily spending of servers and people, with reserves. Unsaved entries are kept apart. */
export class Ledger {
  readonly #servers = new Map<string, GuildSpending>();
  /** Unsaved entries by server, person and day. */
  readonly #listUnsaved = new Map<string, SpendingEntry>();
  #spentHere = 0;
  #onUnsaved: () => void = () => undefined;
  readonly #countsAll;

  /** Creates a ledger. `countsAll` also counts for `allServers`. */
  constructor({ countsAll = false }: { readonly countsAll?: boolean } = {}) {
    this.#countsAll = countsAll;
  }

  onUnsaved(listener: () => void) {
    this.#onUnsaved = listener;
  }

  get hasUnsaved(): boolean {
    return this.#listUnsaved.size > 0;
  }

  get spentHere(): { readonly nanoUsd: number; readonly savedNanoUsd: number } {
    const unsaved = sumAmounts(this.#listAllUnsaved().map((entry) => entry.nanoUsd));
    return { nanoUsd: this.#spentHere, savedNanoUsd: this.#spentHere - unsaved };
  }

  charge(
    guildId: GuildId,
    personId: PersonId | undefined,
    spent: Partial<Sum>,
    wallMs: number,
  ) {
    const sum = { ...empty, ...spent };
    if (this.#countsAll) this.#spentHere += sum.nanoUsd;
    for (const id of this.#countsAll ? [guildId, allServers] : [guildId]) {
      const now = this.#getDay(id, toUtcDay(wallMs));
      now.today = addSums(now.today, sum);
      this.#noteEntry({ guildId: id, day: toUtcDay(wallMs), ...sum });
    }
    if (personId !== undefined) this.assign(guildId, personId, spent, wallMs);
  }

  assign(guildId: GuildId, personId: PersonId, spent: Partial<Sum>, wallMs: number) {
    const sum = { ...empty, ...spent };
    const day = toUtcDay(wallMs);
    addToSums(this.#getDay(guildId, day).people, personId, sum);
    const isStored = !this.#getServer(guildId).forgotten.has(personId);
    if (isStored) this.#noteEntry({ guildId, personId, day, ...sum });
  }

  getStanding(guildId: GuildId, wallMs: number): SpendingTotals {
    const { people, today } = this.#getDay(guildId, toUtcDay(wallMs));
    const { forgotten } = this.#getServer(guildId);
    return {
      day: today,
      people: new Map([...people].filter(([id]) => !forgotten.has(id))),
    };
  }

  getShare(guildId: GuildId, personId: PersonId, wallMs: number): Sum {
    return this.#getDay(guildId, toUtcDay(wallMs)).people.get(personId) ?? empty;
  }

  getAllReserved(): number {
    const all = [...this.#servers.values()].flatMap(({ reserves }) => [...reserves]);
    return sumAmounts(all.map(({ left }) => left));
  }

  getReserved(guildId: GuildId, personId?: PersonId): number {
    const all = [...this.#getServer(guildId).reserves];
    const theirs = all.filter(
      (one) => personId === undefined || one.personId === personId,
    );
    return sumAmounts(theirs.map(({ left }) => left));
  }

  reserve(guildId: GuildId, personId: PersonId | undefined, nanoUsd: number): Reserve {
    const reserve = { guildId, personId, left: nanoUsd };
    this.#getServer(guildId).reserves.add(reserve);
    return reserve;
  }

  settleReserve(reserve: Reserve, spent: Partial<Sum>, wallMs: number) {
    const { guildId, left, personId } = reserve;
    reserve.left = Math.max(0, left - (spent.nanoUsd ?? 0));
    this.charge(guildId, personId, spent, wallMs);
  }

  release(reserve: Reserve) {
    reserve.left = 0;
    this.#servers.get(reserve.guildId)?.reserves.delete(reserve);
  }

  /** Stops storing a person. Sums of the server stay. */
  forget(guildId: GuildId, personId: PersonId) {
    for (const entry of this.listUnsaved())
      if (entry.guildId === guildId && entry.personId === personId)
        this.#listUnsaved.delete(toEntryKey(entry));
    this.#getServer(guildId).forgotten.add(personId);
  }

  recall(entries: readonly SpendingEntry[]) {
    for (const { guildId, personId, day, nanoUsd, turns } of entries) {
      const now = this.#getDay(guildId, day);
      const sum = { nanoUsd, turns };
      if (personId !== undefined) addToSums(now.people, personId, sum);
      else now.today = addSums(now.today, sum);
    }
  }

  settleTotal(day: string, nanoUsd: number) {
    const unsaved = this.#listAllUnsaved().filter((entry) => entry.day === day);
    const now = this.#getDay(allServers, day);
    now.today = {
      ...now.today,
      nanoUsd: nanoUsd + sumAmounts(unsaved.map((entry) => entry.nanoUsd)),
    };
  }

  listUnsaved(): readonly SpendingEntry[] {
    return [...this.#listUnsaved.values()];
  }

  noteSaved(entries: readonly SpendingEntry[]) {
    for (const entry of entries) {
      const { nanoUsd = 0, turns = 0 } = this.#listUnsaved.get(toEntryKey(entry)) ?? {};
      const rest = { nanoUsd: nanoUsd - entry.nanoUsd, turns: turns - entry.turns };
      if (rest.nanoUsd > 0 || rest.turns > 0)
        this.#listUnsaved.set(toEntryKey(entry), { ...entry, ...rest });
      else this.#listUnsaved.delete(toEntryKey(entry));
    }
  }

  #listAllUnsaved() {
    return this.listUnsaved().filter(({ guildId }) => guildId === allServers);
  }

  #noteEntry(entry: SpendingEntry) {
    const before = this.#listUnsaved.get(toEntryKey(entry)) ?? empty;
    const isFirst = this.#listUnsaved.size === 0;
    this.#listUnsaved.set(toEntryKey(entry), { ...entry, ...addSums(before, entry) });
    if (isFirst) this.#onUnsaved();
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

  #getDay(guildId: GuildId, day: string) {
    const { days } = this.#getServer(guildId);
    const known = days.get(day);
    if (known) return known;
    const opened = { today: empty, people: new Map<string, Sum>() };
    days.set(day, opened);
    dropOldest(days, mostDays);
    return opened;
  }
}

function toEntryKey({ guildId, personId, day }: SpendingEntry) {
  return JSON.stringify([guildId, personId, day]);
}

function addToSums(sums: Map<string, Sum>, key: string, sum: Sum) {
  sums.set(key, addSums(sums.get(key) ?? empty, sum));
}

function addSums(one: Sum, other: Sum) {
  return { nanoUsd: one.nanoUsd + other.nanoUsd, turns: one.turns + other.turns };
}

function sumAmounts(amounts: readonly number[]) {
  return amounts.reduce((sum, one) => sum + one, 0);
}
