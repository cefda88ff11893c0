import type { Locale } from '#src/texts/texts.ts';
import { createWallTimes } from '#src/texts/wall-time.ts';

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
