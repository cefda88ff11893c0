/** Months count from 1. */
type LocalTime = {
  readonly year: number;
  readonly month: number;
  readonly day: number;
  readonly hour: number;
  readonly minute: number;
  readonly second: number;
};

const dayMs = 86_400_000;

/** Returns the IANA name of the machine's time zone. */
export function getMachineTimeZone(): string {
  return Intl.DateTimeFormat().resolvedOptions().timeZone;
}

export function isTimeZone(name: string): boolean {
  try {
    return (
      new Intl.DateTimeFormat('en-GB', { timeZone: name }).resolvedOptions()
        .timeZone !== ''
    );
  } catch (error) {
    if (error instanceof RangeError) return false;
    throw error;
  }
}

/** Converts an instant to a zone's time. Throws RangeError for an unknown zone. */
export function toLocalTime(wallMs: number, timeZone: string): LocalTime {
  const format = new Intl.DateTimeFormat('en-GB', {
    timeZone,
    hourCycle: 'h23',
    year: 'numeric',
    month: 'numeric',
    day: 'numeric',
    hour: 'numeric',
    minute: 'numeric',
    second: 'numeric',
  });
  const dateFields = new Map(
    format.formatToParts(wallMs).map(({ type, value }) => [type, Number(value)]),
  );
  const getField = (type: keyof LocalTime) => dateFields.get(type) ?? 0;
  return {
    year: getField('year'),
    month: getField('month'),
    day: getField('day'),
    hour: getField('hour'),
    minute: getField('minute'),
    second: getField('second'),
  };
}

/**
 * Returns the instant at which clocks of the zone show this time. A time that occurs twice means
 * the first. A skipped time moves with the clocks: 2:30 becomes 3:30. Days past the end of a month
 * count on. Throws RangeError for an unknown zone.
 *
 * @example
 * import { toInstantMs } from '#src/base/zoned-time.ts';
 *
 * const local = { year: 2026, month: 7, day: 1, hour: 12, minute: 0, second: 0 };
 * new Date(toInstantMs(local, 'Europe/Berlin')).toISOString(); // '2026-07-01T10:00:00.000Z'
 */
export function toInstantMs(local: LocalTime, timeZone: string): number {
  const asUtcMs = toUtcMs(local);
  const [offsetBeforeMs = 0, offsetAfterMs = 0] = [
    asUtcMs - dayMs,
    asUtcMs + dayMs,
  ].map((wallMs) => getOffsetMs(wallMs, timeZone));
  const instants = [asUtcMs - offsetBeforeMs, asUtcMs - offsetAfterMs].toSorted(
    (leftMs, rightMs) => leftMs - rightMs,
  );
  const matchingMs = instants.find(
    (wallMs) => toUtcMs(toLocalTime(wallMs, timeZone)) === asUtcMs,
  );
  return matchingMs ?? asUtcMs - offsetBeforeMs;
}

export function getWeekday({ year, month, day }: LocalTime): number {
  return new Date(Date.UTC(year, month - 1, day)).getUTCDay();
}

function getOffsetMs(wallMs: number, timeZone: string) {
  return toUtcMs(toLocalTime(wallMs, timeZone)) - Math.floor(wallMs / 1000) * 1000;
}

export function toUtcMs({ year, month, day, hour, minute, second }: LocalTime): number {
  return Date.UTC(year, month - 1, day, hour, minute, second);
}

/** Formats an instant in UTC, as `2026-11-20T16:25:00.000Z`. Throws RangeError for no instant. */
export function formatIsoInstant(wallMs: number): string {
  return new Date(wallMs).toISOString();
}
