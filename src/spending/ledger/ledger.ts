import { createHmac, randomBytes } from 'node:crypto';
import { dayOf } from '#src/spending/calendar.ts';
import { allServers, type SpendingEntry } from '#src/spending/spending-store.ts';
import type { SharedReserve, SharedStanding } from './shared-spending.ts';

/** Money put aside for something that runs; what it really takes is taken from there first. */
export type Reserve = {
  readonly guildId: string;
  readonly payer: Payer;
  /** Billionths of a dollar. */
  left: number;
};

/** Payer of an answer: a person, after forgetting only the code of that day; with neither, the server alone. */
export type Payer = { personId?: string; code?: string };

/** Amounts spent on a day; money in billionths of a dollar. */
export type Sum = Pick<SpendingEntry, 'nanoUsd' | 'turns'>;

export type SpendingTotals = { readonly day: Sum; readonly people: ReadonlyMap<string, Sum> };

type Day = {
  today: Sum;
  readonly people: Map<string, Sum>;
  /** Amounts of people who were forgotten, by codes that only this key of one day makes. */
  readonly forgotten: { readonly key: Buffer; readonly sums: Map<string, Sum> };
};

type GuildSpending = {
  /** By date, the latest last. Some stay, so that a clock that was wrong gives nobody a second share. */
  readonly days: Map<string, Day>;
  readonly reserves: Set<Reserve>;
  /** Put aside by other processes, as they told last. */
  elsewhere: readonly SharedReserve[];
  /** Payers by person, as long as something may still be charged to them. */
  readonly payers: Map<string, WeakRef<Payer>>;
};

/** Days of a server that are remembered. */
const mostDays = 4;

const empty: Sum = { nanoUsd: 0, turns: 0 };

/** Amounts that servers and people have spent each day of UTC, with reserves; what is not in the store yet is kept apart. */
export class Ledger {
  readonly #servers = new Map<string, GuildSpending>();
  /** By server, person and day. */
  #unsaved = new Map<string, SpendingEntry>();
  /** Entries drained last. */
  #saving: readonly SpendingEntry[] = [];
  #forgotten = 0;
  #onUnsaved: () => void = () => undefined;
  readonly #countsAll: boolean;

  /** `countsAll`: what servers spend is counted for `allServers`, too. */
  constructor({ countsAll = false }: { readonly countsAll?: boolean } = {}) {
    this.#countsAll = countsAll;
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
  payer(guildId: string, personId: string): Payer {
    const { payers } = this.#server(guildId);
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
      const now = this.#day(id, dayOf(wallMs));
      now.today = plus(now.today, sum);
      this.#note({ guildId: id, day: dayOf(wallMs), ...sum });
    }
    if (who !== undefined) this.assign(guildId, who, spent, wallMs);
  }

  /** Counts what a server was charged with as the part of a person. */
  assign(guildId: string, who: string | Payer, spent: Partial<Sum>, wallMs: number): void {
    const sum = { ...empty, ...spent };
    const day = dayOf(wallMs);
    const { forgotten, people } = this.#day(guildId, day);
    const { personId, code }: Payer = typeof who === 'string' ? { personId: who } : who;
    if (code !== undefined) addTo(forgotten.sums, code, sum);
    if (personId === undefined) return;
    addTo(people, personId, sum);
    this.#note({ guildId, personId, day, ...sum });
  }

  standing(guildId: string, wallMs: number): SpendingTotals {
    const { people, today } = this.#day(guildId, dayOf(wallMs));
    return { day: today, people };
  }

  /** Amount that a person has spent today, also before they were forgotten. */
  shareOf(guildId: string, personId: string, wallMs: number): Sum {
    const { people, forgotten } = this.#day(guildId, dayOf(wallMs));
    const before = forgotten.sums.get(codeOf(personId, forgotten)) ?? empty;
    return plus(people.get(personId) ?? empty, before);
  }

  /** Sum of the reserves of all servers, in this process and the others. */
  reservedByAll(): number {
    const elsewhere = this.#servers.get(allServers)?.elsewhere ?? [];
    return sumOf(elsewhere.map(({ nanoUsd }) => nanoUsd)) + this.#reservedHere();
  }

  /** Sum of the reserves there, or of those of one person. */
  reserved(guildId: string, personId?: string): number {
    const { days, elsewhere, reserves } = this.#server(guildId);
    const codes = [...days.values()].map(({ forgotten }) => codeOf(personId ?? '', forgotten));
    const theirs = [...reserves].filter(
      ({ payer: { code = '', personId: id } }) =>
        personId === undefined || id === personId || codes.includes(code),
    );
    const others = elsewhere.filter(
      (other) => personId === undefined || other.personId === personId,
    );
    return sumOf([...theirs.map(({ left }) => left), ...others.map(({ nanoUsd }) => nanoUsd)]);
  }

  reserve(guildId: string, who: string | Payer, nanoUsd: number): Reserve {
    const payer = typeof who === 'string' ? this.payer(guildId, who) : who;
    const reserve = { guildId, payer, left: nanoUsd };
    this.#server(guildId).reserves.add(reserve);
    return reserve;
  }

  /** Charges a sum and takes it from the reserve. */
  take(reserve: Reserve, spent: Partial<Sum>, wallMs: number): void {
    const { guildId, payer, left } = reserve;
    reserve.left = Math.max(0, left - (spent.nanoUsd ?? 0));
    this.charge(guildId, payer, spent, wallMs);
  }

  /** The rest is free again; what is taken later still counts. */
  release(reserve: Reserve): void {
    reserve.left = 0;
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
    const { forgotten: now } = this.#day(guildId, dayOf(wallMs));
    const { days, payers } = this.#server(guildId);
    const payer = payers.get(personId)?.deref();
    if (payer) {
      delete payer.personId;
      payer.code = codeOf(personId, now);
    }
    payers.delete(personId);
    for (const { people, forgotten } of days.values()) {
      addTo(forgotten.sums, codeOf(personId, forgotten), people.get(personId) ?? empty);
      people.delete(personId);
    }
  }

  /** Adds stored sums to those since; they may have been read before a person was forgotten. */
  recall(entries: readonly SpendingEntry[]): void {
    for (const { guildId, personId, day, nanoUsd, turns } of entries) {
      const now = this.#day(guildId, day);
      const sum = { nanoUsd, turns };
      const code = personId === undefined ? undefined : codeOf(personId, now.forgotten);
      if (code !== undefined && now.forgotten.sums.has(code)) addTo(now.forgotten.sums, code, sum);
      else if (personId !== undefined) addTo(now.people, personId, sum);
      else now.today = plus(now.today, sum);
    }
  }

  /** Reserves of this process in these servers. */
  reserves(guildIds: readonly string[]): readonly SharedReserve[] {
    const own = guildIds.flatMap((guildId) =>
      [...(this.#servers.get(guildId)?.reserves ?? [])].map(({ payer: { personId }, left }) => ({
        guildId,
        ...(personId !== undefined && { personId }),
        nanoUsd: left,
      })),
    );
    if (!guildIds.includes(allServers)) return own;
    const nanoUsd = this.#reservedHere();
    return nanoUsd === 0 ? own : [...own, { guildId: allServers, nanoUsd }];
  }

  /** Ids under which something is put aside now. */
  get reserving(): readonly string[] {
    const some = [...this.#servers].filter(([, { reserves }]) => reserves.size > 0);
    return [...new Set(some.flatMap(([guildId]) => this.countedUnder(guildId)))];
  }

  /** Takes over what the store of several processes holds of one server and day, with what this one has not told yet. */
  settle(guildId: string, standing: SharedStanding, day: string): void {
    this.#server(guildId).elsewhere = standing.reserves.filter((one) => one.guildId === guildId);
    const now = this.#day(guildId, day);
    now.today = empty;
    now.people.clear();
    for (const entry of [...standing.entries, ...this.#unsaved.values()]) {
      if (entry.guildId !== guildId || entry.day !== day) continue;
      const sum = { nanoUsd: entry.nanoUsd, turns: entry.turns };
      if (entry.personId === undefined) now.today = plus(now.today, sum);
      else addTo(now.people, entry.personId, sum);
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

  #reservedHere(): number {
    const all = [...this.#servers.values()].flatMap(({ reserves }) => [...reserves]);
    return sumOf(all.map(({ left }) => left));
  }

  #note(entry: SpendingEntry): void {
    const key = JSON.stringify([entry.guildId, entry.personId, entry.day]);
    const before = this.#unsaved.get(key);
    const isFirst = this.#unsaved.size === 0;
    this.#unsaved.set(key, before ? { ...entry, ...plus(before, entry) } : entry);
    if (isFirst) this.#onUnsaved();
  }

  #server(guildId: string): GuildSpending {
    const server = this.#servers.get(guildId) ?? {
      days: new Map<string, Day>(),
      reserves: new Set<Reserve>(),
      elsewhere: [],
      payers: new Map<string, WeakRef<Payer>>(),
    };
    this.#servers.set(guildId, server);
    return server;
  }

  #day(guildId: string, day: string): Day {
    const { days, payers } = this.#server(guildId);
    const known = days.get(day);
    if (known) return known;
    const forgotten = { key: randomBytes(32), sums: new Map<string, Sum>() };
    const opened = { today: empty, people: new Map<string, Sum>(), forgotten };
    days.set(day, opened);
    const [oldest] = days.keys();
    if (days.size > mostDays && oldest !== undefined) days.delete(oldest);
    for (const [personId, payer] of payers) if (!payer.deref()) payers.delete(personId);
    return opened;
  }
}

function codeOf(personId: string, { key }: Day['forgotten']): string {
  return createHmac('sha256', key).update(personId).digest('base64');
}

function addTo(sums: Map<string, Sum>, key: string, sum: Sum): void {
  sums.set(key, plus(sums.get(key) ?? empty, sum));
}

function plus(one: Sum, other: Sum): Sum {
  return { nanoUsd: one.nanoUsd + other.nanoUsd, turns: one.turns + other.turns };
}

function sumOf(amounts: readonly number[]): number {
  return amounts.reduce((sum, one) => sum + one, 0);
}
