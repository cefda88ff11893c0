import { dayOf } from '#src/spending/calendar.ts';
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

export type SpendingTotals = { readonly day: Sum; readonly people: ReadonlyMap<string, Sum> };

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
  readonly #unsaved = new Map<string, SpendingEntry>();
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
    return this.#unsaved.size > 0;
  }

  /** Amount that this process has spent since its start, in billionths of a dollar, and the part of it that is in the store. */
  get spentHere(): { readonly nanoUsd: number; readonly savedNanoUsd: number } {
    const unsaved = sumOf(this.#unsavedOfAll().map((entry) => entry.nanoUsd));
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
      const now = this.#day(id, dayOf(wallMs));
      now.today = plus(now.today, sum);
      this.#note({ guildId: id, day: dayOf(wallMs), ...sum });
    }
    if (personId !== undefined) this.assign(guildId, personId, spent, wallMs);
  }

  /** Counts what a server was charged with as the part of a person. */
  assign(guildId: GuildId, personId: PersonId, spent: Partial<Sum>, wallMs: number): void {
    const sum = { ...empty, ...spent };
    const day = dayOf(wallMs);
    addTo(this.#day(guildId, day).people, personId, sum);
    const isStored = !this.#server(guildId).forgotten.has(personId);
    if (isStored) this.#note({ guildId, personId, day, ...sum });
  }

  /** Those who took their data back are not among the people. */
  standing(guildId: GuildId, wallMs: number): SpendingTotals {
    const { people, today } = this.#day(guildId, dayOf(wallMs));
    const { forgotten } = this.#server(guildId);
    return { day: today, people: new Map([...people].filter(([id]) => !forgotten.has(id))) };
  }

  /** Amount that a person has spent today, also before they were forgotten. */
  shareOf(guildId: GuildId, personId: PersonId, wallMs: number): Sum {
    return this.#day(guildId, dayOf(wallMs)).people.get(personId) ?? empty;
  }

  /** Sum of the reserves of all servers of this process. */
  reservedByAll(): number {
    const all = [...this.#servers.values()].flatMap(({ reserves }) => [...reserves]);
    return sumOf(all.map(({ left }) => left));
  }

  /** Sum of the reserves there, or of those of one person. */
  reserved(guildId: GuildId, personId?: PersonId): number {
    const all = [...this.#server(guildId).reserves];
    const theirs = all.filter((one) => personId === undefined || one.personId === personId);
    return sumOf(theirs.map(({ left }) => left));
  }

  reserve(guildId: GuildId, personId: PersonId | undefined, nanoUsd: number): Reserve {
    const reserve = { guildId, personId, left: nanoUsd };
    this.#server(guildId).reserves.add(reserve);
    return reserve;
  }

  /** Charges a sum and takes it from the reserve. */
  take(reserve: Reserve, spent: Partial<Sum>, wallMs: number): void {
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
    for (const entry of this.unsaved())
      if (entry.guildId === guildId && entry.personId === personId)
        this.#unsaved.delete(keyOf(entry));
    this.#server(guildId).forgotten.add(personId);
  }

  /** Adds stored sums to those since. */
  recall(entries: readonly SpendingEntry[]): void {
    for (const { guildId, personId, day, nanoUsd, turns } of entries) {
      const now = this.#day(guildId, day);
      const sum = { nanoUsd, turns };
      if (personId !== undefined) addTo(now.people, personId, sum);
      else now.today = plus(now.today, sum);
    }
  }

  /** Takes over what all processes have spent on a day, as stored, with what this one has not stored yet. */
  settleTotal(day: string, nanoUsd: number): void {
    const unsaved = this.#unsavedOfAll().filter((entry) => entry.day === day);
    const now = this.#day(allServers, day);
    now.today = { ...now.today, nanoUsd: nanoUsd + sumOf(unsaved.map((entry) => entry.nanoUsd)) };
  }

  /** Entries to add to the store. */
  unsaved(): readonly SpendingEntry[] {
    return [...this.#unsaved.values()];
  }

  /** These entries are in the store, as `unsaved` gave them; what was spent since is not. */
  saved(entries: readonly SpendingEntry[]): void {
    for (const entry of entries) {
      const { nanoUsd = 0, turns = 0 } = this.#unsaved.get(keyOf(entry)) ?? {};
      const rest = { nanoUsd: nanoUsd - entry.nanoUsd, turns: turns - entry.turns };
      if (rest.nanoUsd > 0 || rest.turns > 0)
        this.#unsaved.set(keyOf(entry), { ...entry, ...rest });
      else this.#unsaved.delete(keyOf(entry));
    }
  }

  #unsavedOfAll(): readonly SpendingEntry[] {
    return this.unsaved().filter(({ guildId }) => guildId === allServers);
  }

  #note(entry: SpendingEntry) {
    const before = this.#unsaved.get(keyOf(entry)) ?? empty;
    const isFirst = this.#unsaved.size === 0;
    this.#unsaved.set(keyOf(entry), { ...entry, ...plus(before, entry) });
    if (isFirst) this.#onUnsaved();
  }

  #server(guildId: GuildId): GuildSpending {
    const server = this.#servers.get(guildId) ?? {
      days: new Map<string, Day>(),
      reserves: new Set<Reserve>(),
      forgotten: new Set<string>(),
    };
    this.#servers.set(guildId, server);
    return server;
  }

  #day(guildId: GuildId, day: string): Day {
    const { days } = this.#server(guildId);
    const known = days.get(day);
    if (known) return known;
    const opened = { today: empty, people: new Map<string, Sum>() };
    days.set(day, opened);
    const [oldest] = days.keys();
    if (days.size > mostDays && oldest !== undefined) days.delete(oldest);
    return opened;
  }
}

function keyOf({ guildId, personId, day }: SpendingEntry): string {
  return JSON.stringify([guildId, personId, day]);
}

function addTo(sums: Map<string, Sum>, key: string, sum: Sum) {
  sums.set(key, plus(sums.get(key) ?? empty, sum));
}

function plus(one: Sum, other: Sum): Sum {
  return { nanoUsd: one.nanoUsd + other.nanoUsd, turns: one.turns + other.turns };
}

function sumOf(amounts: readonly number[]): number {
  return amounts.reduce((sum, one) => sum + one, 0);
}
