import { parsedMs } from '#src/base/clock.ts';
import { instantOf, localTime, weekdayOf } from '#src/base/zoned-time.ts';
import { clockTimes } from './clock-phrases.ts';
import { numbersOf } from './spoken-numbers.ts';

/** An instant in ms since 1970; `isDuration` where it was given as a time from now. */
export type ReadTime =
  | { readonly kind: 'at'; readonly wallMs: number; readonly isDuration: boolean }
  /** `unclear`: not understood. `past`: it is over. */
  | { readonly kind: 'unclear' | 'past' };

/** Present instant, and the time zone of the phrase. */
export type TimeContext = { readonly nowWallMs: number; readonly timeZone: string };

const unclear: ReadTime = { kind: 'unclear' };

/**
 * Instant of an English phrase or ISO 8601: "in ten minutes", "half past six", "tomorrow at 9 pm", "on friday",
 * `2026-11-22T18:30`, `PT10M`. A phrase that is not wholly understood is unclear.
 *
 * An hour without its half of the day is the next one; on another day than today, 1 to 6 is in the afternoon. Days and
 * weeks keep the time of day where clocks change; hours and minutes are as long as they are. Libraries for such phrases use the
 * time zone of the machine.
 */
export function readTime(phrase: string, context: TimeContext): ReadTime {
  const words = plainPhrase(phrase);
  return readIso(words, context) ?? readDuration(words, context) ?? readClock(words, context);
}

const isoDate =
  /^(\d{4})-(\d\d)-(\d\d)(?:[t ](\d\d):(\d\d)(?::(\d\d)(?:\.\d+)?)?(z|[+-]\d\d:?\d\d)?)?$/;

function readIso(words: string, context: TimeContext): ReadTime | undefined {
  const found = isoDate.exec(words);
  if (!found) return undefined;
  const [year = 0, month = 0, day = 0, hour = 9, minute = 0, second = 0] = found
    .slice(1, 7)
    .map((field) => (field === undefined ? undefined : Number(field)));
  if (month < 1 || month > 12 || day < 1 || day > 31 || hour > 23 || minute > 59 || second > 59)
    return unclear;
  if (found[7] !== undefined) return ahead(parsedMs(words.replace(' ', 'T')), context);
  const local = { year, month, day, hour, minute, second };
  return ahead(instantOf(local, context.timeZone), context);
}

const dayMs = 86_400_000;
/** Length of a unit, in ms, by its first letter; days are counted by the calendar. */
const unitMs = new Map([
  ['s', 1_000],
  ['m', 60_000],
  ['h', 3_600_000],
  ['d', dayMs],
  ['w', 7 * dayMs],
]);

const isoDuration = /^p(?:(\d{1,6})d)?(?:t(?=\d)(?:(\d{1,6})h)?(?:(\d{1,6})m)?(?:(\d{1,6})s)?)?$/;
const onePart =
  /(?<![\d.])(\d{1,6}(?:\.\d{1,3})?) ?(s|secs?|seconds?|m|mins?|minutes?|h|hrs?|hours?|d|days?|w|weeks?)(?![a-z])/g;
/** Words around the parts of a duration. */
const besideParts = /\b(?:in|after|for|and|from now)\b/g;

function readDuration(words: string, context: TimeContext): ReadTime | undefined {
  const parts = isoParts(words) ?? spokenParts(words);
  if (!parts) return undefined;
  const [days, ms] = parts;
  const { nowWallMs, timeZone } = context;
  if (days * dayMs + ms > longestMs) return unclear;
  const today = localTime(nowWallMs, timeZone);
  const isWhole = Number.isInteger(days);
  const fromMs =
    isWhole && days > 0
      ? instantOf({ ...today, day: today.day + days }, timeZone) + (nowWallMs % 1_000)
      : nowWallMs + days * dayMs;
  const wallMs = fromMs + ms;
  return wallMs > nowWallMs ? { kind: 'at', wallMs, isDuration: true } : { kind: 'past' };
}

/** A number that would leave the calendar is no time. */
const longestMs = 100 * 366 * dayMs;

type DaysAndMs = readonly [days: number, ms: number];

function isoParts(words: string): DaysAndMs | undefined {
  const found = isoDuration.exec(words);
  if (!found || words === 'p') return undefined;
  const [days = 0, h = 0, m = 0, s = 0] = found.slice(1).map((field) => Number(field ?? 0));
  return [days, ((h * 60 + m) * 60 + s) * 1_000];
}

function spokenParts(words: string): DaysAndMs | undefined {
  const counted = fractions.reduce((rest, [find, put]) => rest.replace(find, put), words);
  const parts = [...counted.matchAll(onePart)];
  const rest = counted.replace(onePart, ' ').replace(besideParts, ' ').trim();
  if (parts.length === 0 || rest !== '') return undefined;
  let [days, ms] = [0, 0];
  for (const [, amount = '', unit = ''] of parts) {
    const lengthMs = unitMs.get(unit.charAt(0)) ?? 0;
    if (lengthMs >= dayMs) days += (Number(amount) * lengthMs) / dayMs;
    else ms += Number(amount) * lengthMs;
  }
  return [days, ms];
}

/** Fractions as people say them, in this order. */
const fractions: readonly (readonly [find: RegExp, put: string])[] = [
  [/\b(?:3 quarters of (?:an|1) hour)\b/g, '45 minutes'],
  [/\b(?:(?:a|1) )?quarter (?:of )?(?:an|1) hour\b/g, '15 minutes'],
  [/\b(\d{1,6}) (hours?|minutes?|days?|weeks?) and (?:a|1) half\b/g, '$1.5 $2'],
  [/\b(?:an?) (hour|minute|day|week) and (?:a|1) half\b/g, '1.5 $1s'],
  [/\b(\d{1,6}) and (?:a|1) half (hours?|minutes?|days?|weeks?)\b/g, '$1.5 $2'],
  [/\b(?:(?:a|1) )?half (?:(?:an?|1) )?(hour|minute|day)\b/g, '0.5 $1s'],
  [/\b(?:an?) (?=second|minute|hour|day|week)/g, '1 '],
  [/\b(?:a )?couple of (?=seconds|minutes|hours|days|weeks)/g, '2 '],
];

/** Latest of the instants that are named, on the day that is named. */
function readClock(words: string, context: TimeContext): ReadTime {
  const { nowWallMs, timeZone } = context;
  const today = localTime(nowWallMs, timeZone);
  const found = clockTimes(words, weekdayOf(today));
  if (!found) return unclear;
  const { days, isWeekday, times } = found;
  const on = (day: number) =>
    times
      .map(([hour, minute]) =>
        instantOf({ ...today, day: today.day + day, hour, minute, second: 0 }, timeZone),
      )
      .find((wallMs) => wallMs > nowWallMs);
  const others = days === undefined ? [0, 1] : isWeekday && days === 0 ? [0, 7] : [days];
  const wallMs = others.map(on).find((one) => one !== undefined);
  return wallMs === undefined ? { kind: 'past' } : { kind: 'at', wallMs, isDuration: false };
}

function ahead(wallMs: number, { nowWallMs }: TimeContext): ReadTime {
  if (!Number.isFinite(wallMs)) return unclear;
  return wallMs > nowWallMs ? { kind: 'at', wallMs, isDuration: false } : { kind: 'past' };
}

/** Lower case, numbers in digits, without punctuation. */
function plainPhrase(phrase: string): string {
  const words = phrase
    .toLowerCase()
    .replace(/\b([ap])\.? ?m\b\.?/g, '$1m')
    .replace(/o['\u2019 ]clock/g, '')
    .replace(/(?<=[a-z])-(?=[a-z])/g, ' ')
    .replace(/[,;!?"]|\.(?!\d)/g, ' ')
    .split(/\s+/)
    .filter((word) => word !== '');
  return joinedNumbers(words).join(' ');
}

/** `twenty five` is 25; of digits nothing is changed. */
function joinedNumbers(words: readonly string[]): readonly string[] {
  const joined: string[] = [];
  let isTens = false;
  for (const word of words) {
    const [value] = /^[a-z]+$/.test(word) ? (numbersOf(word) ?? []) : [];
    if (value !== undefined && isTens && value > 0 && value < 10) {
      joined.push(`${Number(joined.pop()) + value}`);
      isTens = false;
      continue;
    }
    joined.push(value === undefined ? word : `${value}`);
    isTens = value !== undefined && value >= 20;
  }
  return joined;
}
