import { parseDateMs } from '#src/base/clock.ts';
import { getWeekday, toInstantMs, toLocalTime } from '#src/base/zoned-time.ts';
import { formatNumberWords } from './speakable.ts';

/** The present, in ms since 1970, and the IANA time zone of the phrase. */
export type TimeContext = { readonly nowWallMs: number; readonly timeZone: string };

/**
 * Parses an English phrase or ISO 8601 into an instant ahead, in ms since 1970. Undefined if the instant is over, or
 * a word is unknown.
 *
 * An hour without am or pm is the next one, and on a later day it is from 7 to 18. Days keep the time of day across
 * daylight saving, and hours are as long as they are. Libraries for such phrases use the time zone of the machine.
 *
 * @example
 * import { parseTimePhrase } from '#src/chat/text/time-phrases.ts';
 *
 * const context = { nowWallMs: Date.parse('2026-11-20T12:00Z'), timeZone: 'UTC' };
 * new Date(parseTimePhrase('tomorrow at 9 pm', context) ?? 0).toISOString(); // '2026-11-21T21:00:00.000Z'
 */
export function parseTimePhrase(
  phrase: string,
  context: TimeContext,
): number | undefined {
  const plainPhrase = toPlainPhrase(phrase);
  const wallMs =
    parseIsoTime(plainPhrase, context) ??
    parseSpokenDuration(plainPhrase, context) ??
    parseClockTime(plainPhrase, context);
  return wallMs !== undefined && wallMs > context.nowWallMs ? wallMs : undefined;
}

const isoDate =
  /^(\d{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12]\d|3[01]))(?:[t ]((?:[01]\d|2[0-3]):[0-5]\d(?::[0-5]\d)?)(?:\.\d+)?(z|[+-]\d\d:?\d\d)?)?$/;

function parseIsoTime(phrase: string, { timeZone }: TimeContext) {
  const [, day, time = '09:00', zone] = isoDate.exec(phrase) ?? [];
  if (day === undefined) return undefined;
  const wallMs = parseDateMs(`${day}T${time}${zone ?? 'Z'}`);
  const isWhole = zone !== undefined || Number.isNaN(wallMs);
  return isWhole ? wallMs : toInstantMs(toLocalTime(wallMs, 'UTC'), timeZone);
}

type ByName = Readonly<Record<string, number>>;
/** Days are counted by the calendar. */
const unitMs: ByName = { s: 1_000, m: 60_000, h: 3_600_000 };
const unitDays: ByName = { d: 1, w: 7 };

const durationPart =
  /(?<![\d.])(\d{1,6}(?:\.\d{1,3})?) ?(s|secs?|seconds?|m|mins?|minutes?|h|hrs?|hours?|d|days?|w|weeks?)(?![a-z])/g;
const durationConnectors = /\b(?:in|after|for|and|from now)\b/g;

function parseSpokenDuration(phrase: string, { nowWallMs, timeZone }: TimeContext) {
  const counted = fractionRules.reduce(
    (text, [find, put]) => text.replace(find, put),
    phrase,
  );
  const amounts = [...counted.matchAll(durationPart)];
  const remainingText = counted
    .replace(durationPart, ' ')
    .replace(durationConnectors, ' ')
    .trim();
  if (amounts.length === 0 || remainingText !== '') return undefined;
  let [days, ms] = [0, 0];
  for (const [, amount = '', unit = ''] of amounts) {
    days += Number(amount) * (unitDays[unit.charAt(0)] ?? 0);
    ms += Number(amount) * (unitMs[unit.charAt(0)] ?? 0);
  }
  if (days === 0) return nowWallMs + ms;
  const { day, ...today } = toLocalTime(nowWallMs, timeZone);
  const sameTimeMs = toInstantMs({ ...today, day: day + Math.floor(days) }, timeZone);
  return sameTimeMs + (nowWallMs % 1_000) + (days % 1) * 86_400_000 + ms;
}

const fractionRules: readonly (readonly [find: RegExp, put: string])[] = [
  [/\ban? (?=second|minute|hour|day|week)/g, '1 '],
  [/\b(?:(?:a|1) )?quarter (?:of )?1 hour\b/g, '15 minutes'],
  [/\b(\d{1,6}) (hour|minute|day|week)s? and (?:a|1) half\b/g, '$1.5 $2s'],
  [/\b(\d{1,6}) and (?:a|1) half (hour|minute|day|week)s?\b/g, '$1.5 $2s'],
  [/\b(?:(?:a|1) )?half (?:1 )?(hour|minute|day)\b/g, '0.5 $1s'],
];

type Hours = readonly [from: number, to: number];

const halfDayHours: Readonly<Record<string, Hours>> = { am: [0, 12], pm: [12, 24] };
const namedDay = /\b(?:today|tomorrow)\b/;
const namedWeekday =
  /\b(?:(?:next|this|coming) )?(sun|mon|tues|wednes|thurs|fri|satur)day\b/;

function parseClockTime(phrase: string, { nowWallMs, timeZone }: TimeContext) {
  const today = toLocalTime(nowWallMs, timeZone);
  const namedDays = findDays(phrase, getWeekday(today));
  const timeOfDay = phrase
    .replace(namedDay, ' ')
    .replace(namedWeekday, ' ')
    .replace(/\b(?:at|on|by|around)\b/g, ' ')
    .replace(/\s+/g, ' ')
    .trim();
  const days = namedDays ?? [0, 1];
  const minutes = listMinutes(
    timeOfDay === '' && namedDays ? '09:00' : timeOfDay,
    days[0] !== 0,
  );
  const toWallTime = (day: number, minute: number) =>
    toInstantMs(
      { ...today, day: today.day + day, hour: 0, minute, second: 0 },
      timeZone,
    );
  return days
    .flatMap((day) => minutes.map((minute) => toWallTime(day, minute)))
    .find((wallMs) => wallMs > nowWallMs);
}

/** Lists the days ahead that a phrase may name. Undefined if none. Sunday is 0. */
function findDays(phrase: string, weekday: number) {
  const [day] = namedDay.exec(phrase) ?? [];
  if (day !== undefined) return day === 'today' ? [0] : [1];
  const [, name] = namedWeekday.exec(phrase) ?? [];
  if (name === undefined) return undefined;
  const until =
    ('sunmontuewedthufrisat'.indexOf(name.slice(0, 3)) / 3 - weekday + 7) % 7;
  return [until, until + 7];
}

const namedTime =
  /^(?:(?:a )?(half|quarter|\d{1,2})(?: minutes?)? (?:(past|after)|to|before|till) )?(\d{1,2})(?:[:. ]([0-5]?\d))?(?: ?(am|pm))?$/;
const namedMinutes: ByName = { half: 30, quarter: 15 };

/** Lists minutes of the day, the earliest first. An hour with a leading zero, or above 12, needs no am or pm. */
function listMinutes(timeOfDay: string, isLaterDay: boolean) {
  const [, amount, isPast, hour = '', minutesAfter = '0', halfDay = ''] =
    namedTime.exec(timeOfDay) ?? [];
  if (hour === '') return [];
  const isExact = Number(hour) > 12 || hour.startsWith('0');
  const likelyHours: Hours = isLaterDay && !isExact ? [7, 19] : [0, 24];
  const [from, to] = halfDayHours[halfDay] ?? likelyHours;
  const offset = namedMinutes[amount ?? ''] ?? Number(amount ?? minutesAfter);
  const isBefore = amount !== undefined && isPast === undefined;
  const minute = Number(hour) * 60 + (isBefore ? -offset : offset);
  const minutes = isExact
    ? [minute]
    : [0, 720, 1440].map((later) => (minute % 720) + later);
  return minutes.filter((time) => time >= from * 60 && time < to * 60);
}

const digitsByWord = new Map(
  Array.from({ length: 100 }, (_, n) => [formatNumberWords(n), `${n}`]),
);

function toPlainPhrase(phrase: string) {
  return phrase
    .toLowerCase()
    .replace(/\b([ap])\.? ?m\b\.?/g, '$1m')
    .replace(/o['\u2019 ]clock/g, '')
    .replace(/\b(?:noon|midday)\b/g, '12 pm')
    .replace(/\bmidnight\b/g, '12 am')
    .replace(/(?<=[a-z])-(?=[a-z])/g, ' ')
    .replace(/[,;!?"]|\.(?!\d)/g, ' ')
    .replace(/\s+/g, ' ')
    .trim()
    .replace(
      /\b(?:twenty|thirty|forty|fifty|sixty|seventy|eighty|ninety) [a-z]+\b/g,
      toDigits,
    )
    .replace(/\b[a-z]+\b/g, toDigits);
}

function toDigits(numberWords: string) {
  return digitsByWord.get(numberWords) ?? numberWords;
}
