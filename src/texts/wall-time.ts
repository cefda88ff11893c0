/** Writes instants of the wall clock, in ms, as people in one time zone do. */
export type WallTimes = {
  /** IANA name. */
  readonly timeZone: string;
  /** `2026-11-20`. */
  day(wallMs: number): string;
  /** `20:14`. */
  minute(wallMs: number): string;
  /** `20:14:03`. */
  second(wallMs: number): string;
};

/** Times in `timeZone`, an IANA name; UTC where there is none, or no such zone. */
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

/** An instant in UTC by ISO 8601, with ms: `2026-11-20T20:14:03.250Z`. */
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

/** Formatters by time zone; making one takes longer than formatting a hundred times. */
const formats = new Map<string, Intl.DateTimeFormat>();

function formatIn(timeZone: string): Intl.DateTimeFormat | undefined {
  try {
    const format =
      formats.get(timeZone) ?? new Intl.DateTimeFormat('en-US', { ...fields, timeZone });
    formats.set(timeZone, format);
    return format;
  } catch {
    return undefined; // RangeError: no such zone
  }
}

/** Nearest instant that has a date, in ms. */
function within(wallMs: number): number {
  return Math.min(latestMs, Math.max(0, wallMs || 0));
}

function partsOf(format: Intl.DateTimeFormat, wallMs: number) {
  const parts = format.formatToParts(Math.floor(within(wallMs)));
  return (type: Intl.DateTimeFormatPartTypes) =>
    parts.find((each) => each.type === type)?.value ?? '';
}

/** Latest instant that has a date, in ms. Source: ECMAScript, "Time Values and Time Range". */
const latestMs = 8.64e15;

/** A time since the start of a session in whole ms, whatever a clock or a recogniser says. */
export function wholeMs(ms: number): number {
  return Math.min(latestMs, Math.max(0, Math.round(ms) || 0));
}
