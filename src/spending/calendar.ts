import { endOfDay, instantOf, localTime, utcMs } from '#src/base/zoned-time.ts';

const dayMs = 86_400_000;
/** Longest a local day may have lasted when the next begins, and the least that the day of a budget lasts: a change of the zone makes it no shorter. */
const [longestDayMs, shortestDayMs] = [49 * 3_600_000, 20 * 3_600_000];

const formats = new Map<string, Intl.DateTimeFormat>();

/** Date in a time zone, such as `2026-11-20`; of UTC where none is given. */
export function dayOf(wallMs: number, timeZone = 'UTC'): string {
  const format =
    formats.get(timeZone) ?? new Intl.DateTimeFormat('en-CA', { timeZone, dateStyle: 'short' });
  formats.set(timeZone, format);
  return format.format(wallMs);
}

/** Day of a budget: the date by which it is stored, and its first instant, in ms since 1970. */
export type BudgetDay = { readonly day: string; readonly fromMs: number };

/** Days of time zones, each worked out once. */
export class Calendar {
  readonly #zones = new Map<string, BudgetDay & { readonly toMs: number }>();
  readonly #ends = new WeakMap<BudgetDay, { readonly timeZone: string; readonly atMs: number }>();

  dayAt(wallMs: number, timeZone: string): BudgetDay {
    const known = this.#zones.get(timeZone);
    if (known && wallMs >= known.fromMs && wallMs < known.toMs) return known;
    let fromMs = wallMs - longestDayMs;
    let toMs = endOfDay(fromMs, timeZone);
    while (toMs <= wallMs) {
      fromMs = toMs;
      toMs = endOfDay(toMs, timeZone);
    }
    const found = { day: dayOf(wallMs, timeZone), fromMs, toMs };
    this.#zones.set(timeZone, found);
    return found;
  }

  /**
   * End of a day that has begun, in ms since 1970: the first midnight of the zone with a later date, at least 20 h after
   * the day began. So whatever zones a server chooses, it has one budget in 20 h, and one for each date.
   */
  endOf(day: BudgetDay, timeZone: string): number {
    const known = this.#ends.get(day);
    if (known?.timeZone === timeZone) return known.atMs;
    let atMs = endOfDay(day.fromMs + shortestDayMs - 1, timeZone);
    while (dayOf(atMs, timeZone) <= day.day) atMs = endOfDay(atMs, timeZone);
    this.#ends.set(day, { timeZone, atMs });
    return atMs;
  }

  /** End of the month of a day that has begun, in ms since 1970. */
  monthEndOf(day: BudgetDay, timeZone: string): number {
    const [year = 0, month = 0] = day.day.split('-').map(Number);
    const first = { year, month: month + 1, day: 1, hour: 0, minute: 0, second: 0 };
    const atMs = instantOf(first, timeZone);
    const endMs = this.endOf(day, timeZone);
    return endMs > atMs && monthOf(dayOf(endMs, timeZone)) !== monthOf(day.day) ? endMs : atMs;
  }
}

export function monthOf(day: string): string {
  return day.slice(0, 7);
}

/** Day so many days after `day`; a negative number counts back. */
export function addDays(day: string, days: number): string {
  return dayOf(utcStartOf(day) + days * dayMs);
}

/** First instant of a date in UTC, in ms since 1970. */
export function utcStartOf(day: string): number {
  const [year = 0, month = 0, date = 0] = day.split('-').map(Number);
  return utcMs({ year, month, day: date, hour: 0, minute: 0, second: 0 });
}

/** When the next day begins in UTC. */
export function nextDayMs(wallMs: number): number {
  return (Math.floor(wallMs / dayMs) + 1) * dayMs;
}

/** Instant as Discord shows it to each reader in their own zone: with the date, or the time of day alone. */
export function shownInstant(wallMs: number, form: 'date' | 'time' = 'date'): string {
  return `<t:${Math.ceil(wallMs / 1_000)}:${form === 'date' ? 'f' : 't'}>`;
}

/** Instant in UTC, as in `2026-11-20 00:00 UTC`, for who does not read in Discord. */
export function utcInstant(wallMs: number): string {
  const { hour, minute } = localTime(wallMs, 'UTC');
  const twoDigits = (count: number) => `${count}`.padStart(2, '0');
  return `${dayOf(wallMs)} ${twoDigits(hour)}:${twoDigits(minute)} UTC`;
}

/** Text with its instants of Discord in UTC. */
export function withUtcInstants(text: string): string {
  return text.replace(/<t:(\d{1,12}):[ft]>/g, (_, seconds) => utcInstant(Number(seconds) * 1_000));
}
