import type { Locale } from '#src/texts/texts.ts';
import { wallTimesIn } from '#src/texts/wall-time.ts';

/** Zone, language and current day by which an instant is shown. */
export type ShownTime = {
  readonly timeZone: string;
  readonly nowWallMs: number;
  readonly locale: Locale;
};

/** `18:30`, with the date where it is not today. */
export function dueTime(wallMs: number, { timeZone, nowWallMs, locale }: ShownTime): string {
  const { day } = wallTimesIn(timeZone);
  const [due, today] = [day(wallMs), day(nowWallMs)];
  const date = { weekday: 'short', day: 'numeric', month: 'short' } as const;
  const isThisYear = due.slice(0, 4) === today.slice(0, 4);
  const format = new Intl.DateTimeFormat(locale === 'en' ? 'en-GB' : locale, {
    timeZone,
    hour: '2-digit',
    minute: '2-digit',
    hourCycle: 'h23',
    ...(due !== today && date),
    year: isThisYear ? undefined : 'numeric',
  });
  return format.format(wallMs);
}
