import { numberWords, ordinalWords } from './spoken-numbers.ts';

/**
 * `The time is now twenty five minutes past four.` In `timeZone` (IANA), or the machine's own.
 *
 * In these words because the embedded recogniser, which judges the first exchange, understands them at any time of day: of
 * "It is twelve" it makes "Israel".
 */
export function timeSentence(wallMs: number, timeZone: string | undefined): string {
  const { hour = 0, minute = 0 } = fields(wallMs, timeZone);
  const past = (hour + 11) % 12;
  if (minute === 0) return `The time is now ${hourWord(past)} o'clock.`;
  if (minute === 30) return `The time is now half past ${hourWord(past)}.`;
  if (minute < 30) return `The time is now ${minutes(minute)} past ${hourWord(past)}.`;
  return `The time is now ${minutes(60 - minute)} to ${hourWord(past + 1)}.`;
}

/** `Today is Friday, the twentieth of November.` */
export function dateSentence(wallMs: number, timeZone: string | undefined): string {
  const zone = timeZone === undefined ? {} : { timeZone };
  const name = (options: Intl.DateTimeFormatOptions) =>
    new Intl.DateTimeFormat('en-GB', { ...options, ...zone }).format(wallMs);
  const { day = 1 } = fields(wallMs, timeZone);
  return `Today is ${name({ weekday: 'long' })}, the ${ordinalWords(day)} of ${name({ month: 'long' })}.`;
}

type TimeFields = { readonly [name in 'hour' | 'minute' | 'day']?: number };

function fields(wallMs: number, timeZone: string | undefined): TimeFields {
  const format = new Intl.DateTimeFormat('en-GB', {
    day: 'numeric',
    hour: 'numeric',
    minute: 'numeric',
    hourCycle: 'h23',
    ...(timeZone !== undefined && { timeZone }),
  });
  return Object.fromEntries(
    format.formatToParts(wallMs).map(({ type, value }) => [type, Number(value)]),
  );
}

/** 0 is one o'clock. */
function hourWord(hour: number): string {
  return numberWords((hour % 12) + 1);
}

function minutes(count: number): string {
  return count === 1 ? 'one minute' : `${numberWords(count)} minutes`;
}
