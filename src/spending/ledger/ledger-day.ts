import { createHmac, randomBytes } from 'node:crypto';
import { monthOf } from '#src/spending/calendar.ts';
import type { Amount } from '#src/spending/caps.ts';
import type { SpendingEntry } from '#src/spending/spending-store.ts';

/** Amounts spent within a day or a month. */
export type Sum = Amount & Pick<SpendingEntry, 'turns' | 'unpriced'>;

/** Amounts spent on one day, and in its month so far. */
export type Day = {
  readonly day: string;
  today: Sum;
  thisMonth: Sum;
  /** Part of it that was for captions alone. */
  captions: Sum;
  readonly people: Map<string, Sum>;
  readonly forgotten: Forgotten;
};

/** Amounts of people who were forgotten, by codes that only this key of one day makes. */
type Forgotten = { readonly key: Buffer; readonly sums: Map<string, Sum> };

export const empty: Sum = { nanoUsd: 0, ms: 0, turns: 0, unpriced: 0 };

export function newDay(day: string, thisMonth: Sum): Day {
  return {
    day,
    today: empty,
    thisMonth,
    captions: empty,
    people: new Map(),
    forgotten: unknown(),
  };
}

export function isIn(month: string): (one: Day) => boolean {
  return ({ day }) => monthOf(day) === month;
}

function unknown(): Forgotten {
  return { key: randomBytes(32), sums: new Map() };
}

export function codeOf(personId: string, { key }: Forgotten): string {
  return createHmac('sha256', key).update(personId).digest('base64');
}

export function recallEntry(
  { guildId: _, personId, part, day, ...sum }: SpendingEntry,
  now: Day,
): void {
  const isToday = day === now.day;
  if (personId !== undefined) {
    if (isToday) recallPerson(personId, sum, now);
  } else if (part === 'captions') {
    if (isToday) now.captions = plus(now.captions, sum);
  } else {
    if (isToday) now.today = plus(now.today, sum);
    if (monthOf(day) === monthOf(now.day)) now.thisMonth = plus(now.thisMonth, sum);
  }
}

function recallPerson(personId: string, sum: Sum, { forgotten, people }: Day): void {
  const code = codeOf(personId, forgotten);
  if (forgotten.sums.has(code)) addTo(forgotten.sums, code, sum);
  else addTo(people, personId, sum);
}

export function addTo(sums: Map<string, Sum>, key: string, sum: Sum): void {
  sums.set(key, plus(sums.get(key) ?? empty, sum));
}

export function plus(one: Sum, other: Sum): Sum {
  return {
    nanoUsd: one.nanoUsd + other.nanoUsd,
    ms: one.ms + other.ms,
    turns: one.turns + other.turns,
    unpriced: one.unpriced + other.unpriced,
  };
}
