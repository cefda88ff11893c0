/** A date and time of day as clocks of one zone show it; months count from 1. */
type LocalTime = {
  readonly year: number;
  readonly month: number;
  readonly day: number;
  readonly hour: number;
  readonly minute: number;
  readonly second: number;
};

const dayMs = 86_400_000;

/** Whether there is a time zone of this IANA name, say `Europe/Berlin`. */
export function isTimeZone(name: string): boolean {
  try {
    return new Intl.DateTimeFormat('en-GB', { timeZone: name }).resolvedOptions().timeZone !== '';
  } catch (error) {
    if (error instanceof RangeError) return false;
    throw error;
  }
}

/** Clock time of the zone at this instant, given in ms since 1970. Errors: RangeError for an unknown zone. */
export function localTime(wallMs: number, timeZone: string): LocalTime {
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
  const parts = new Map(
    format.formatToParts(wallMs).map(({ type, value }) => [type, Number(value)]),
  );
  const of = (type: keyof LocalTime) => parts.get(type) ?? 0;
  const [year, month, day] = [of('year'), of('month'), of('day')];
  return { year, month, day, hour: of('hour'), minute: of('minute'), second: of('second') };
}

/**
 * The instant, in ms since 1970, at which clocks of the zone show this time; days past the end of a month count on.
 *
 * Of a time that comes twice it is the first. A time that is left out, as clocks are put forward, is as much later as they are:
 * 2:30 becomes 3:30. Errors: RangeError for a zone there is not.
 */
export function instantOf(local: LocalTime, timeZone: string): number {
  const asUtcMs = utcMs(local);
  const [before = 0, after = 0] = [asUtcMs - dayMs, asUtcMs + dayMs].map((wallMs) =>
    offsetMs(wallMs, timeZone),
  );
  const instants = [asUtcMs - before, asUtcMs - after].toSorted((one, other) => one - other);
  const shown = instants.find((wallMs) => utcMs(localTime(wallMs, timeZone)) === asUtcMs);
  return shown ?? asUtcMs - before;
}

/** Day of the week; 0 is Sunday. */
export function weekdayOf({ year, month, day }: LocalTime): number {
  return new Date(Date.UTC(year, month - 1, day)).getUTCDay();
}

/** Offset of the zone from UTC at this instant, in ms. */
function offsetMs(wallMs: number, timeZone: string): number {
  return utcMs(localTime(wallMs, timeZone)) - Math.floor(wallMs / 1000) * 1000;
}

/** The instant, in ms since 1970, at which clocks of UTC show this time. */
export function utcMs({ year, month, day, hour, minute, second }: LocalTime): number {
  return Date.UTC(year, month - 1, day, hour, minute, second);
}
