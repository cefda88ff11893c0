import type { Locale } from './texts.ts';

export interface WallTimes {
  readonly timeZone: string;
  /** Formats a date as `2026-11-20`. */
  day(wallMs: number): string;
  /** Formats a time as `20:14`. */
  minute(wallMs: number): string;
  /** Formats a time as `20:14:03`. */
  second(wallMs: number): string;
}

/** Creates the formats of one time zone (IANA name). An unknown zone gives UTC. */
export function createWallTimes(timeZone: string | undefined): WallTimes {
  const zoneFormat = timeZone === undefined ? undefined : findFormat(timeZone);
  const format = zoneFormat ?? utcFormat;
  const formatMinute = (wallMs: number) => {
    const part = readDateParts(format, wallMs);
    return `${part('hour')}:${part('minute')}`;
  };
  return {
    timeZone: (zoneFormat && timeZone) ?? 'UTC',
    day: (wallMs) => {
      const part = readDateParts(format, wallMs);
      return `${part('year').padStart(4, '0')}-${part('month')}-${part('day')}`;
    },
    minute: formatMinute,
    second: (wallMs) =>
      `${formatMinute(wallMs)}:${readDateParts(format, wallMs)('second')}`,
  };
}

/** Formats an instant as ISO 8601 in UTC: `2026-11-20T20:14:03.250Z`. */
export function formatIsoTime(wallMs: number): string {
  const times = createWallTimes(undefined);
  const ms = ((Math.floor(clampToDate(wallMs)) % 1000) + 1000) % 1000;
  return `${times.day(wallMs)}T${times.second(wallMs)}.${`${ms}`.padStart(3, '0')}Z`;
}

const dateFields = {
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
const utcFormat = new Intl.DateTimeFormat('en-US', { ...dateFields, timeZone: 'UTC' });

/** Making a formatter takes longer than formatting a hundred times. */
const formatsByTimeZone = new Map<string, Intl.DateTimeFormat>();

function findFormat(timeZone: string) {
  try {
    const format =
      formatsByTimeZone.get(timeZone) ??
      new Intl.DateTimeFormat('en-US', { ...dateFields, timeZone });
    formatsByTimeZone.set(timeZone, format);
    return format;
  } catch {
    return undefined; // A RangeError says that the zone does not exist.
  }
}

function clampToDate(wallMs: number) {
  return Math.min(maxDateMs, Math.max(0, wallMs || 0));
}

function readDateParts(format: Intl.DateTimeFormat, wallMs: number) {
  const dateParts = format.formatToParts(Math.floor(clampToDate(wallMs)));
  return (type: Intl.DateTimeFormatPartTypes) =>
    dateParts.find((each) => each.type === type)?.value ?? '';
}

/** Latest instant of ECMAScript: https://tc39.es/ecma262/#sec-time-values-and-time-range */
const maxDateMs = 8.64e15;

/** Clamps a time to valid whole ms. */
export function toWholeMs(ms: number): number {
  return Math.min(maxDateMs, Math.max(0, Math.round(ms) || 0));
}

export type DueTimeOptions = {
  readonly timeZone: string;
  readonly nowWallMs: number;
  readonly locale: Locale;
};

/** Formats a time as `18:30`, with the date if not today. */
export function formatDueTime(
  wallMs: number,
  { timeZone, nowWallMs, locale }: DueTimeOptions,
): string {
  const { day, minute } = createWallTimes(timeZone);
  if (day(wallMs) === day(nowWallMs)) return minute(wallMs);
  const style = {
    timeZone,
    dateStyle: 'medium',
    timeStyle: 'short',
    hourCycle: 'h23',
  } as const;
  return new Intl.DateTimeFormat(locale === 'en' ? 'en-GB' : locale, style).format(
    wallMs,
  );
}

/** Formats a duration as `1 hour, 5 minutes`, to whole seconds. */
export function formatLongDuration(ms: number, locale: Locale): string {
  const totalSeconds = Math.round(ms / 1000);
  const [hours, minutes, seconds] = [
    Math.floor(totalSeconds / 3600),
    Math.floor(totalSeconds / 60) % 60,
    totalSeconds % 60,
  ];
  return new Intl.DurationFormat(locale, { style: 'long' }).format({
    hours,
    minutes,
    seconds,
  });
}
