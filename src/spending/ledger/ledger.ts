import type { GuildId, PersonId } from '#src/base/ids.ts';
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

export type Ledger = ReturnType<typeof createLedger>;

/** Daily spending of servers and people, with reserves. Unsaved entries are kept apart. */
export function createLedger({
  countsAll = false,
}: {
  readonly countsAll?: boolean;
} = {}) {
  const servers = new Map<string, GuildSpending>();
  const unsaved = createUnsavedEntries();
  let spentNanoUsd = 0;

  function charge(
    guildId: GuildId,
    personId: PersonId | undefined,
    spent: Partial<Sum>,
    wallMs: number,
  ) {
    const sum = { ...empty, ...spent };
    if (countsAll) spentNanoUsd += sum.nanoUsd;
    for (const id of countsAll ? [guildId, allServers] : [guildId]) {
      const now = getDay(id, toUtcDay(wallMs));
      now.today = addSums(now.today, sum);
      unsaved.note({ guildId: id, day: toUtcDay(wallMs), ...sum });
    }
    if (personId !== undefined) assign(guildId, personId, spent, wallMs);
  }

  function assign(
    guildId: GuildId,
    personId: PersonId,
    spent: Partial<Sum>,
    wallMs: number,
  ) {
    const sum = { ...empty, ...spent };
    const day = toUtcDay(wallMs);
    addToSums(getDay(guildId, day).people, personId, sum);
    const isStored = !getServer(guildId).forgotten.has(personId);
    if (isStored) unsaved.note({ guildId, personId, day, ...sum });
  }

  function getServer(guildId: GuildId) {
    const server = servers.get(guildId) ?? {
      days: new Map<string, Day>(),
      reserves: new Set(),
      forgotten: new Set(),
    };
    servers.set(guildId, server);
    return server;
  }

  function getDay(guildId: GuildId, day: string) {
    const { days } = getServer(guildId);
    const known = days.get(day);
    if (known) return known;
    const opened = { today: empty, people: new Map<string, Sum>() };
    days.set(day, opened);
    dropOldest(days, mostDays);
    return opened;
  }

  return {
    onUnsaved: unsaved.onFirst,
    listUnsaved: unsaved.list,
    noteSaved: unsaved.noteSaved,
    get hasUnsaved(): boolean {
      return unsaved.list().length > 0;
    },
    get spentHere(): { readonly nanoUsd: number; readonly savedNanoUsd: number } {
      const savedNanoUsd = spentNanoUsd - sumUnsaved(unsaved.list());
      return { nanoUsd: spentNanoUsd, savedNanoUsd };
    },
    charge,
    assign,
    getStanding(guildId: GuildId, wallMs: number): SpendingTotals {
      const { people, today } = getDay(guildId, toUtcDay(wallMs));
      const { forgotten } = getServer(guildId);
      return {
        day: today,
        people: new Map([...people].filter(([id]) => !forgotten.has(id))),
      };
    },
    getShare(guildId: GuildId, personId: PersonId, wallMs: number): Sum {
      return getDay(guildId, toUtcDay(wallMs)).people.get(personId) ?? empty;
    },
    getAllReserved(): number {
      const all = [...servers.values()].flatMap(({ reserves }) => [...reserves]);
      return sumAmounts(all.map(({ left }) => left));
    },
    getReserved(guildId: GuildId, personId?: PersonId): number {
      const all = [...getServer(guildId).reserves];
      const theirs = all.filter(
        (one) => personId === undefined || one.personId === personId,
      );
      return sumAmounts(theirs.map(({ left }) => left));
    },
    reserve(
      guildId: GuildId,
      personId: PersonId | undefined,
      nanoUsd: number,
    ): Reserve {
      const reserve = { guildId, personId, left: nanoUsd };
      getServer(guildId).reserves.add(reserve);
      return reserve;
    },
    settleReserve(reserve: Reserve, spent: Partial<Sum>, wallMs: number) {
      const { guildId, left, personId } = reserve;
      reserve.left = Math.max(0, left - (spent.nanoUsd ?? 0));
      charge(guildId, personId, spent, wallMs);
    },
    release(reserve: Reserve) {
      reserve.left = 0;
      servers.get(reserve.guildId)?.reserves.delete(reserve);
    },
    /** Stops storing a person. Sums of the server stay. */
    forget(guildId: GuildId, personId: PersonId) {
      unsaved.forget(guildId, personId);
      getServer(guildId).forgotten.add(personId);
    },
    recall(entries: readonly SpendingEntry[]) {
      for (const { guildId, personId, day, nanoUsd, turns } of entries) {
        const now = getDay(guildId, day);
        const sum = { nanoUsd, turns };
        if (personId !== undefined) addToSums(now.people, personId, sum);
        else now.today = addSums(now.today, sum);
      }
    },
    settleTotal(day: string, nanoUsd: number) {
      const due = unsaved.list().filter((entry) => entry.day === day);
      const now = getDay(allServers, day);
      now.today = { ...now.today, nanoUsd: nanoUsd + sumUnsaved(due) };
    },
  };
}

/** Sums the entries of all servers together. */
function sumUnsaved(entries: readonly SpendingEntry[]) {
  const all = entries.filter(({ guildId }) => guildId === allServers);
  return sumAmounts(all.map(({ nanoUsd }) => nanoUsd));
}

/** Unsaved entries by server, person and day. */
function createUnsavedEntries() {
  const entries = new Map<string, SpendingEntry>();
  let reportFirst: () => void = () => undefined;

  return {
    onFirst(listener: () => void) {
      reportFirst = listener;
    },
    list(): readonly SpendingEntry[] {
      return [...entries.values()];
    },
    note(entry: SpendingEntry) {
      const before = entries.get(toEntryKey(entry)) ?? empty;
      const isFirst = entries.size === 0;
      entries.set(toEntryKey(entry), { ...entry, ...addSums(before, entry) });
      if (isFirst) reportFirst();
    },
    noteSaved(saved: readonly SpendingEntry[]) {
      for (const entry of saved) {
        const { nanoUsd = 0, turns = 0 } = entries.get(toEntryKey(entry)) ?? {};
        const rest = { nanoUsd: nanoUsd - entry.nanoUsd, turns: turns - entry.turns };
        if (rest.nanoUsd > 0 || rest.turns > 0)
          entries.set(toEntryKey(entry), { ...entry, ...rest });
        else entries.delete(toEntryKey(entry));
      }
    },
    forget(guildId: GuildId, personId: PersonId) {
      for (const [key, entry] of entries)
        if (entry.guildId === guildId && entry.personId === personId)
          entries.delete(key);
    },
  };
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
