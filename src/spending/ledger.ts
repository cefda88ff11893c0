import type { Entry } from './book.ts';
import { dayOf, monthOf } from './calendar.ts';
import { type Amount, add, nothing } from './caps.ts';

/** What was spent within a day or a month. */
export type Sum = Amount & Pick<Entry, 'turns' | 'unpriced'>;

/** Money put aside for something that runs; what it really takes is taken from there first. */
export type Reserve = {
  readonly guildId: string;
  /** Undefined once the person is forgotten. */
  personId: string | undefined;
  left: Amount;
};

export type Standing = {
  readonly day: Sum;
  readonly month: Sum;
  readonly people: ReadonlyMap<string, Sum>;
};

type Server = {
  day: string;
  today: Sum;
  thisMonth: Sum;
  people: Map<string, Sum>;
  readonly reserves: Set<Reserve>;
};

const empty: Sum = { nanoUsd: 0, ms: 0, turns: 0, unpriced: 0 };

/** What servers and people have spent this day and month, and what is put aside; what is not in the book yet is kept apart. */
export class Ledger {
  readonly #servers = new Map<string, Server>();
  /** By server, person and day. */
  #unsaved = new Map<string, Entry>();

  get hasUnsaved(): boolean {
    return this.#unsaved.size > 0;
  }

  /** Counts `spent` for a server and, where one is named, a person. */
  charge(guildId: string, personId: string | undefined, spent: Partial<Sum>, wallMs: number): void {
    const sum = { ...empty, ...spent };
    const server = this.#server(guildId, wallMs);
    const { day } = server;
    server.today = plus(server.today, sum);
    server.thisMonth = plus(server.thisMonth, sum);
    this.#note({ guildId, day, ...sum });
    if (personId === undefined) return;
    server.people.set(personId, plus(server.people.get(personId) ?? empty, sum));
    this.#note({ guildId, personId, day, ...sum });
  }

  standing(guildId: string, wallMs: number): Standing {
    const { today, thisMonth, people } = this.#server(guildId, wallMs);
    return { day: today, month: thisMonth, people };
  }

  /** Put aside for everybody there, or for one person. */
  reserved(guildId: string, personId?: string): Amount {
    const all = [...(this.#servers.get(guildId)?.reserves ?? [])];
    const theirs = all.filter((one) => personId === undefined || one.personId === personId);
    return theirs.reduce((sum, { left }) => add(sum, left), nothing);
  }

  reserve(guildId: string, personId: string | undefined, amount: Amount, wallMs: number): Reserve {
    const reserve = { guildId, personId, left: amount };
    this.#server(guildId, wallMs).reserves.add(reserve);
    return reserve;
  }

  /** As `charge`, from what was put aside. */
  take(reserve: Reserve, spent: Partial<Sum>, wallMs: number): void {
    const { guildId, personId, left } = reserve;
    reserve.left = {
      nanoUsd: Math.max(0, left.nanoUsd - (spent.nanoUsd ?? 0)),
      ms: Math.max(0, left.ms - (spent.ms ?? 0)),
    };
    this.charge(guildId, personId, spent, wallMs);
  }

  /** The rest is free again; what is taken later still counts. */
  release(reserve: Reserve): void {
    reserve.left = nothing;
    this.#servers.get(reserve.guildId)?.reserves.delete(reserve);
  }

  /** Nothing is kept of the person; what they spent stays in the sums of the server. */
  forget(guildId: string, personId: string): void {
    const server = this.#servers.get(guildId);
    server?.people.delete(personId);
    for (const reserve of server?.reserves ?? []) {
      if (reserve.personId === personId) reserve.personId = undefined;
    }
    for (const [key, entry] of this.#unsaved) {
      if (entry.guildId === guildId && entry.personId === personId) this.#unsaved.delete(key);
    }
  }

  /** Adds what the book holds to what was spent since. */
  recall(entries: readonly Entry[], wallMs: number): void {
    for (const { guildId, personId, day, ...sum } of entries) {
      const server = this.#server(guildId, wallMs);
      const isToday = day === server.day;
      if (personId !== undefined) {
        if (!isToday) continue;
        server.people.set(personId, plus(server.people.get(personId) ?? empty, sum));
        continue;
      }
      if (isToday) server.today = plus(server.today, sum);
      if (monthOf(day) === monthOf(server.day)) server.thisMonth = plus(server.thisMonth, sum);
    }
  }

  /** What is to be added to the book; from now on it counts as saved. */
  drain(): readonly Entry[] {
    const entries = [...this.#unsaved.values()];
    this.#unsaved = new Map();
    return entries;
  }

  /** What the book did not take is kept for the next time. */
  putBack(entries: readonly Entry[]): void {
    for (const entry of entries) this.#note(entry);
  }

  #note(entry: Entry): void {
    const key = JSON.stringify([entry.guildId, entry.personId, entry.day]);
    const before = this.#unsaved.get(key);
    this.#unsaved.set(key, before ? { ...entry, ...plus(before, entry) } : entry);
  }

  /** On the day it is; a clock that is put back changes nothing. */
  #server(guildId: string, wallMs: number): Server {
    const now = dayOf(wallMs);
    const server = this.#servers.get(guildId) ?? {
      ...{ day: now, today: empty, thisMonth: empty },
      ...{ people: new Map(), reserves: new Set<Reserve>() },
    };
    this.#servers.set(guildId, server);
    if (now <= server.day) return server;
    if (monthOf(now) !== monthOf(server.day)) server.thisMonth = empty;
    return Object.assign(server, { day: now, today: empty, people: new Map() });
  }
}

function plus(one: Sum, other: Sum): Sum {
  return {
    nanoUsd: one.nanoUsd + other.nanoUsd,
    ms: one.ms + other.ms,
    turns: one.turns + other.turns,
    unpriced: one.unpriced + other.unpriced,
  };
}
