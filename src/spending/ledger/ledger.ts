import { createHmac, randomBytes } from 'node:crypto';
import { dayOf } from '#src/spending/calendar.ts';
import { allServers, type SpendingEntry } from '#src/spending/spending-store.ts';

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
  #spentHere = 0;
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

  get hasUnsaved(): boolean {
    return this.#unsaved.size > 0;
  }

  /** Amount that this process has spent since its start, in billionths of a dollar, and the part of it that is in the store. */
  get spentHere(): { readonly nanoUsd: number; readonly savedNanoUsd: number } {
    const unsaved = sumOf(this.#unsavedOfAll().map((entry) => entry.nanoUsd));
    return { nanoUsd: this.#spentHere, savedNanoUsd: this.#spentHere - unsaved };
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
    if (this.#countsAll) this.#spentHere += sum.nanoUsd;
    for (const id of this.#countsAll ? [guildId, allServers] : [guildId]) {
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

  /** Sum of the reserves of all servers of this process. */
  reservedByAll(): number {
    const all = [...this.#servers.values()].flatMap(({ reserves }) => [...reserves]);
    return sumOf(all.map(({ left }) => left));
  }

  /** Sum of the reserves there, or of those of one person. */
  reserved(guildId: string, personId?: string): number {
    const { days, reserves } = this.#server(guildId);
    const codes = [...days.values()].map(({ forgotten }) => codeOf(personId ?? '', forgotten));
    const theirs = [...reserves].filter(
      ({ payer: { code = '', personId: id } }) =>
        personId === undefined || id === personId || codes.includes(code),
    );
    return sumOf(theirs.map(({ left }) => left));
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

  /** Takes over what all processes have spent on a day, as stored, with what this one has not stored yet. */
  settleTotal(day: string, nanoUsd: number): void {
    const unsaved = this.#unsavedOfAll().filter((entry) => entry.day === day);
    const now = this.#day(allServers, day);
    now.today = { ...now.today, nanoUsd: nanoUsd + sumOf(unsaved.map((entry) => entry.nanoUsd)) };
  }

  /** Entries to add to the store, until they are `saved` or put back. */
  drain(): readonly SpendingEntry[] {
    this.#saving = [...this.#unsaved.values()];
    this.#unsaved = new Map();
    return this.#saving;
  }

  /** The entries drained last are in the store. */
  saved(): void {
    this.#saving = [];
  }

  /** Keeps the entries drained last for the next time, because the store did not take them. */
  putBack(): void {
    const since = this.#unsaved;
    this.#unsaved = new Map();
    for (const entry of [...this.#saving, ...since.values()]) this.#note(entry);
    this.#saving = [];
  }

  #unsavedOfAll(): readonly SpendingEntry[] {
    const entries = [...this.#saving, ...this.#unsaved.values()];
    return entries.filter(({ guildId }) => guildId === allServers);
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
