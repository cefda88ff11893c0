import { localTime } from '#src/base/zoned-time.ts';
import type { Locale } from '#src/texts/texts.ts';

/** Zone, language and current day by which an instant is shown. */
export type ShownTime = {
  readonly timeZone: string;
  readonly nowWallMs: number;
  readonly locale: Locale;
};

/** `18:30`, with the date where it is not today. */
export function dueTime(wallMs: number, { timeZone, nowWallMs, locale }: ShownTime): string {
  const [due, now] = [localTime(wallMs, timeZone), localTime(nowWallMs, timeZone)];
  const isToday = due.year === now.year && due.month === now.month && due.day === now.day;
  const date = { weekday: 'short', day: 'numeric', month: 'short' } as const;
  const year = due.year === now.year ? {} : ({ year: 'numeric' } as const);
  const format = new Intl.DateTimeFormat(locale === 'en' ? 'en-GB' : locale, {
    timeZone,
    hour: '2-digit',
    minute: '2-digit',
    hourCycle: 'h23',
    ...(!isToday && { ...date, ...year }),
  });
  return format.format(wallMs);
}
