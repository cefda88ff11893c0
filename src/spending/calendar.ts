import { toLocalTime, toUtcMs } from '#src/base/zoned-time.ts';

const dayMs = 86_400_000;
const format = new Intl.DateTimeFormat('en-CA', {
  timeZone: 'UTC',
  dateStyle: 'short',
});

/** Date in UTC, such as `2026-11-20`. */
export function toUtcDay(wallMs: number): string {
  return format.format(wallMs);
}

/** Day so many days after `day`; a negative number counts back. */
export function addDays(day: string, days: number): string {
  const [year = 0, month = 0, date = 0] = day.split('-').map(Number);
  const fromMs = toUtcMs({ year, month, day: date, hour: 0, minute: 0, second: 0 });
  return toUtcDay(fromMs + days * dayMs);
}

/** When the next day begins in UTC. */
export function getNextDayMs(wallMs: number): number {
  return (Math.floor(wallMs / dayMs) + 1) * dayMs;
}

/** Instant as Discord shows it to each reader in their own zone, with the date. */
export function formatInstant(wallMs: number): string {
  return `<t:${Math.ceil(wallMs / 1_000)}:f>`;
}

/** Instant in UTC, as in `2026-11-20 00:00 UTC`, for who does not read in Discord. */
export function formatUtcInstant(wallMs: number): string {
  const { hour, minute } = toLocalTime(wallMs, 'UTC');
  const twoDigits = (count: number) => `${count}`.padStart(2, '0');
  return `${toUtcDay(wallMs)} ${twoDigits(hour)}:${twoDigits(minute)} UTC`;
}

/** Text with its instants of Discord in UTC. */
export function replaceUtcInstants(text: string): string {
  return text.replace(/<t:(\d{1,12}):f>/g, (_, seconds) =>
    formatUtcInstant(Number(seconds) * 1_000),
  );
}
