import { formatIsoInstant, toLocalTime, toUtcMs } from '#src/base/zoned-time.ts';

const dayMs = 86_400_000;
/** Length of `2026-11-20`. */
const dayLength = 10;

/** Gets the UTC day of an instant, as `2026-11-20`. */
export function toUtcDay(wallMs: number): string {
  return formatIsoInstant(wallMs).slice(0, dayLength);
}

/** Gets the day so many days after a day such as `2026-11-20`. */
export function addDays(day: string, days: number): string {
  const [year = 0, month = 0, date = 0] = day.split('-').map(Number);
  const fromMs = toUtcMs({ year, month, day: date, hour: 0, minute: 0, second: 0 });
  return toUtcDay(fromMs + days * dayMs);
}

/** Gets the beginning of the next UTC day, in ms since 1970. */
export function getNextDayMs(wallMs: number): number {
  return (Math.floor(wallMs / dayMs) + 1) * dayMs;
}

/** Formats an instant in the time zone of the Discord reader. */
export function formatInstant(wallMs: number): string {
  return `<t:${Math.ceil(wallMs / 1_000)}:f>`;
}

/** Formats an instant as in `2026-11-20 00:00 UTC`. */
export function formatUtcInstant(wallMs: number): string {
  const { hour, minute } = toLocalTime(wallMs, 'UTC');
  const twoDigits = (count: number) => `${count}`.padStart(2, '0');
  return `${toUtcDay(wallMs)} ${twoDigits(hour)}:${twoDigits(minute)} UTC`;
}

/** Replaces instants that Discord would format by instants in UTC, for programs. */
export function replaceUtcInstants(text: string): string {
  return text.replace(/<t:(\d{1,12}):f>/g, (_, seconds) =>
    formatUtcInstant(Number(seconds) * 1_000),
  );
}
