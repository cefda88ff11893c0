import { createHmac, randomBytes } from 'node:crypto';
import type { BudgetDay } from '#src/spending/calendar.ts';
import type { Amount } from '#src/spending/caps.ts';
import type { SpendingEntry } from '#src/spending/spending-store.ts';

/** Amounts spent within a day or a month. */
export type Sum = Amount & Pick<SpendingEntry, 'turns' | 'unpriced'>;

/** Amounts spent on one day. */
export type Day = BudgetDay & {
  today: Sum;
  /** Part of it that was for captions alone. */
  captions: Sum;
  readonly people: Map<string, Sum>;
  readonly forgotten: Forgotten;
};

/** Amounts of people who were forgotten, by codes that only this key of one day makes. */
type Forgotten = { readonly key: Buffer; readonly sums: Map<string, Sum> };

export const empty: Sum = { nanoUsd: 0, ms: 0, turns: 0, unpriced: 0 };

export function newDay({ day, fromMs }: BudgetDay): Day {
  return {
    day,
    fromMs,
    today: empty,
    captions: empty,
    people: new Map(),
    forgotten: unknown(),
  };
}

/** Nothing was spent on it: it is another day once the server has another time zone. */
export function isUnused({ today, captions, people, forgotten }: Day): boolean {
  return today === empty && captions === empty && people.size + forgotten.sums.size === 0;
}

function unknown(): Forgotten {
  return { key: randomBytes(32), sums: new Map() };
}

export function codeOf(personId: string, { key }: Forgotten): string {
  return createHmac('sha256', key).update(personId).digest('base64');
}

/** Part of the sums of a day. */
type DayPart = {
  readonly part: SpendingEntry['part'];
  readonly personId: string | undefined;
  readonly sum: Sum;
};

/** Adds a stored sum; `names`: by name also for a person who was forgotten. */
export function recallSum({ part, personId, sum }: DayPart, now: Day, names: boolean): void {
  if (personId !== undefined && names) addTo(now.people, personId, sum);
  else if (personId !== undefined) recallPerson(personId, sum, now);
  else if (part === 'captions') now.captions = plus(now.captions, sum);
  else now.today = plus(now.today, sum);
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
