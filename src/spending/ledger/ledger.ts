import { dropOldest } from '#src/base/loops/mailbox.ts';
import { toUtcDay } from '#src/spending/calendar.ts';
import { allServers, type SpendingEntry } from '#src/spending/spending-store.ts';

/** Money put aside for something that runs; what it really takes is taken from there first. */
export type Reserve = {
  readonly guildId: GuildId;
  /** Undefined: the server alone pays. */
  readonly personId: PersonId | undefined;
  /** Billionths of a dollar. */
  left: number;
};

/** Amounts spent on a day; money in billionths of a dollar. */
export type Sum = Pick<SpendingEntry, 'nanoUsd' | 'turns'>;

export type SpendingTotals = {
  readonly day: Sum;
  readonly people: ReadonlyMap<string, Sum>;
};

type Day = { today: Sum; readonly people: Map<string, Sum> };

type GuildSpending = {
  /** By date, the latest last. Some stay, so that a clock that was wrong gives nobody a second share. */
  readonly days: Map<string, Day>;
  readonly reserves: Set<Reserve>;
  /** People who took their data back: this process counts their share, so that no cap is passed, and stores it no more. */
  readonly forgotten: Set<string>;
};

/** Days of a server that are remembered. */
const mostDays = 4;

const empty: Sum = { nanoUsd: 0, turns: 0 };

/** Amounts that servers and people have spent each day of UTC, with reserves; what is not in the store yet is kept apart. */
export class Ledger {
  readonly #servers = new Map<string, GuildSpending>();
  /** What is not known to be in the store, by server, person and day. */
  readonly #listUnsaved = new Map<string, SpendingEntry>();
  #spentHere = 0;
  #onUnsaved: () => void = () => undefined;
  readonly #countsAll;

  /** `countsAll`: what servers spend is counted for `allServers`, too. */
  constructor({ countsAll = false }: { readonly countsAll?: boolean } = {}) {
    this.#countsAll = countsAll;
  }

  /** Sets the listener for the first entry that is not in the store yet, after all were. */
  onUnsaved(listener: () => void): void {
    this.#onUnsaved = listener;
  }

  get hasUnsaved(): boolean {
    return this.#listUnsaved.size > 0;
  }

  /** Amount that this process has spent since its start, in billionths of a dollar, and the part of it that is in the store. */
  get spentHere(): { readonly nanoUsd: number; readonly savedNanoUsd: number } {
    const unsaved = sumAmounts(this.#listAllUnsaved().map((entry) => entry.nanoUsd));
    return { nanoUsd: this.#spentHere, savedNanoUsd: this.#spentHere - unsaved };
  }

  /** Counts `spent` for a server and, where one is named, a person. */
  charge(
    guildId: GuildId,
    personId: PersonId | undefined,
    spent: Partial<Sum>,
    wallMs: number,
  ): void {
    const sum = { ...empty, ...spent };
    if (this.#countsAll) this.#spentHere += sum.nanoUsd;
    for (const id of this.#countsAll ? [guildId, allServers] : [guildId]) {
      const now = this.#getDay(id, toUtcDay(wallMs));
      now.today = addSums(now.today, sum);
      this.#noteEntry({ guildId: id, day: toUtcDay(wallMs), ...sum });
    }
    if (personId !== undefined) this.assign(guildId, personId, spent, wallMs);
  }

  /** Counts what a server was charged with as the part of a person. */
  assign(
    guildId: GuildId,
    personId: PersonId,
    spent: Partial<Sum>,
    wallMs: number,
  ): void {
    const sum = { ...empty, ...spent };
    const day = toUtcDay(wallMs);
    addToSums(this.#getDay(guildId, day).people, personId, sum);
    const isStored = !this.#getServer(guildId).forgotten.has(personId);
    if (isStored) this.#noteEntry({ guildId, personId, day, ...sum });
  }

  /** Those who took their data back are not among the people. */
  getStanding(guildId: GuildId, wallMs: number): SpendingTotals {
    const { people, today } = this.#getDay(guildId, toUtcDay(wallMs));
    const { forgotten } = this.#getServer(guildId);
    return {
      day: today,
      people: new Map([...people].filter(([id]) => !forgotten.has(id))),
    };
  }

  /** Amount that a person has spent today, also before they were forgotten. */
  getShare(guildId: GuildId, personId: PersonId, wallMs: number): Sum {
    return this.#getDay(guildId, toUtcDay(wallMs)).people.get(personId) ?? empty;
  }

  /** Sum of the reserves of all servers of this process. */
  getAllReserved(): number {
    const all = [...this.#servers.values()].flatMap(({ reserves }) => [...reserves]);
    return sumAmounts(all.map(({ left }) => left));
  }

  /** Sum of the reserves there, or of those of one person. */
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

  /** Charges a sum and takes it from the reserve. */
  settleReserve(reserve: Reserve, spent: Partial<Sum>, wallMs: number): void {
    const { guildId, left, personId } = reserve;
    reserve.left = Math.max(0, left - (spent.nanoUsd ?? 0));
    this.charge(guildId, personId, spent, wallMs);
  }

  /** The rest is free again; what is taken later still counts. */
  release(reserve: Reserve): void {
    reserve.left = 0;
    this.#servers.get(reserve.guildId)?.reserves.delete(reserve);
  }

  /** Stores nothing of this person any more; what they spent stays in the sums of the server. */
  forget(guildId: GuildId, personId: PersonId): void {
    for (const entry of this.listUnsaved())
      if (entry.guildId === guildId && entry.personId === personId)
        this.#listUnsaved.delete(toEntryKey(entry));
    this.#getServer(guildId).forgotten.add(personId);
  }

  /** Adds stored sums to those since. */
  recall(entries: readonly SpendingEntry[]): void {
    for (const { guildId, personId, day, nanoUsd, turns } of entries) {
      const now = this.#getDay(guildId, day);
      const sum = { nanoUsd, turns };
      if (personId !== undefined) addToSums(now.people, personId, sum);
      else now.today = addSums(now.today, sum);
    }
  }

  /** Takes over what all processes have spent on a day, as stored, with what this one has not stored yet. */
  settleTotal(day: string, nanoUsd: number): void {
    const unsaved = this.#listAllUnsaved().filter((entry) => entry.day === day);
    const now = this.#getDay(allServers, day);
    now.today = {
      ...now.today,
      nanoUsd: nanoUsd + sumAmounts(unsaved.map((entry) => entry.nanoUsd)),
    };
  }

  /** Entries to add to the store. */
  listUnsaved(): readonly SpendingEntry[] {
    return [...this.#listUnsaved.values()];
  }

  /** These entries are in the store, as `unsaved` gave them; what was spent since is not. */
  noteSaved(entries: readonly SpendingEntry[]): void {
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
      reserves: new Set<Reserve>(),
      forgotten: new Set<string>(),
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
