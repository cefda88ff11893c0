export type WallTimes = {
  readonly timeZone: string;
  /** `2026-11-20` */
  day(wallMs: number): string;
  /** `20:14` */
  minute(wallMs: number): string;
  /** `20:14:03` */
  second(wallMs: number): string;
};

/** Returns UTC for an unknown zone. */
export function wallTimesIn(timeZone: string | undefined): WallTimes {
  const own = timeZone === undefined ? undefined : formatIn(timeZone);
  const format = own ?? utc;
  const minute = (wallMs: number) => {
    const part = partsOf(format, wallMs);
    return `${part('hour')}:${part('minute')}`;
  };
  return {
    timeZone: (own && timeZone) ?? 'UTC',
    day: (wallMs) => {
      const part = partsOf(format, wallMs);
      return `${part('year').padStart(4, '0')}-${part('month')}-${part('day')}`;
    },
    minute,
    second: (wallMs) => `${minute(wallMs)}:${partsOf(format, wallMs)('second')}`,
  };
}

/** Formats an instant as ISO 8601 in UTC: `2026-11-20T20:14:03.250Z`. */
export function isoTime(wallMs: number): string {
  const times = wallTimesIn(undefined);
  const ms = ((Math.floor(within(wallMs)) % 1000) + 1000) % 1000;
  return `${times.day(wallMs)}T${times.second(wallMs)}.${`${ms}`.padStart(3, '0')}Z`;
}

const fields = {
  calendar: 'gregory',
  numberingSystem: 'latn',
  hourCycle: 'h23',
  year: 'numeric',
  month: '2-digit',
  day: '2-digit',
  hour: '2-digit',
  minute: '2-digit',
  second: '2-digit',
} as const;
const utc = new Intl.DateTimeFormat('en-US', { ...fields, timeZone: 'UTC' });

/** Making a formatter takes longer than formatting a hundred times. */
const formats = new Map<string, Intl.DateTimeFormat>();

function formatIn(timeZone: string): Intl.DateTimeFormat | undefined {
  try {
    const format =
      formats.get(timeZone) ?? new Intl.DateTimeFormat('en-US', { ...fields, timeZone });
    formats.set(timeZone, format);
    return format;
  } catch {
    return undefined; // A RangeError says that the zone does not exist.
  }
}

function within(wallMs: number): number {
  return Math.min(latestMs, Math.max(0, wallMs || 0));
}

function partsOf(format: Intl.DateTimeFormat, wallMs: number) {
  const parts = format.formatToParts(Math.floor(within(wallMs)));
  return (type: Intl.DateTimeFormatPartTypes) =>
    parts.find((each) => each.type === type)?.value ?? '';
}

/** Latest instant of ECMAScript: https://tc39.es/ecma262/#sec-time-values-and-time-range */
const latestMs = 8.64e15;

/** Rounds a time since the start of a session to a valid number of whole ms. */
export function wholeMs(ms: number): number {
  return Math.min(latestMs, Math.max(0, Math.round(ms) || 0));
}
