/** A time of day on some day, as a phrase names it. */
export type ClockTimes = {
  /** Days from today; undefined where none is named. */
  readonly days: number | undefined;
  /** The day was named by its weekday, so that another week may be meant. */
  readonly isWeekday: boolean;
  /** Possible times, the earliest first. */
  readonly times: readonly TimeOfDay[];
};

type TimeOfDay = readonly [hour: number, minute: number];
/** `early` are the hours 0 to 11, `late` those from 12 on; a `night` lasts until 5 of the next day. */
type HalfOfDay = 'early' | 'late' | 'night';

const namedWeekday =
  /\b(?:next |this |coming )?(sunday|monday|tuesday|wednesday|thursday|friday|saturday)\b/;
const weekdays = ['sunday', 'monday', 'tuesday', 'wednesday', 'thursday', 'friday', 'saturday'];

/** Parts of a day with the hour that is meant where no other is named, and the half that they are in. */
const partsOfDay: readonly (readonly [find: RegExp, hour: number, half: HalfOfDay])[] = [
  [/\b(?:in the |this )?morning\b/, 9, 'early'],
  [/\b(?:in the |this )?afternoon\b/, 15, 'late'],
  [/\b(?:in the |this )?evening\b/, 19, 'late'],
  [/\b(?:at |to)night\b/, 20, 'night'],
];

/** Hour where a day is named and nothing else. */
const usualHour = 9;
/** The last hour that, without its half of the day, is in the afternoon on another day than today. */
const lastAfternoonHour = 6;

/** The time of day and the day in a phrase of plain words and digits; `weekday` is that of today, 0 is Sunday. */
export function clockTimes(words: string, weekday: number): ClockTimes | undefined {
  let rest = words;
  const take = (find: RegExp): RegExpExecArray | undefined => {
    const found = find.exec(rest);
    if (found) rest = rest.replace(find, ' ');
    return found ?? undefined;
  };
  const part = partsOfDay.find(([find]) => find.test(words));
  if (part) take(part[0]);
  const named = dayIn(take, weekday) ?? (/\btonight\b/.test(words) ? today : undefined);
  rest = rest
    .replace(/\b(?:at|on|by|around)\b/g, ' ')
    .replace(/\s+/g, ' ')
    .trim();
  const times =
    rest === ''
      ? unnamed(named !== undefined, part)
      : timesIn(rest, part?.[2], named !== undefined && named.days > 0);
  return times && { days: undefined, isWeekday: false, ...named, times };
}

const today: NamedDay = { days: 0, isWeekday: false };

type NamedDay = Pick<ClockTimes, 'isWeekday'> & { readonly days: number };

function dayIn(
  take: (find: RegExp) => RegExpExecArray | undefined,
  weekday: number,
): NamedDay | undefined {
  if (take(/\b(?:the )?day after tomorrow\b/)) return { days: 2, isWeekday: false };
  if (take(/\btomorrow\b/)) return { days: 1, isWeekday: false };
  if (take(/\btoday\b/)) return { days: 0, isWeekday: false };
  const [, name] = take(namedWeekday) ?? [];
  if (name === undefined) return undefined;
  return { days: (weekdays.indexOf(name) - weekday + 7) % 7, isWeekday: true };
}

function unnamed(
  isNamed: boolean,
  part: (typeof partsOfDay)[number] | undefined,
): readonly TimeOfDay[] | undefined {
  return isNamed || part ? [[part?.[1] ?? usualHour, 0]] : undefined;
}

const fixed: Readonly<Record<string, TimeOfDay>> = {
  noon: [12, 0],
  midday: [12, 0],
  midnight: [24, 0],
};

function timesIn(
  words: string,
  half: HalfOfDay | undefined,
  isLaterDay: boolean,
): readonly TimeOfDay[] | undefined {
  const always = fixed[words];
  if (always) return words === 'midnight' && isLaterDay ? [[0, 0]] : [always];
  const [, clock = words, meridiem] = /^(.*\d) ?(am|pm)$/.exec(words) ?? [];
  const time = past(clock) ?? digits(clock);
  const said = meridiem === undefined ? half : halfSaid(meridiem, half);
  if (!time || said === null) return undefined;
  return timesOf(time, said, isLaterDay);
}

/** Null where the two contradict each other. */
function halfSaid(meridiem: string, half: HalfOfDay | undefined): HalfOfDay | null {
  const said = meridiem === 'am' ? 'early' : 'late';
  return half === undefined || half === 'night' || half === said ? said : null;
}

/** An hour with a leading zero, or one that no clock of twelve hours shows, needs no half of the day. */
type ReadClock = { readonly hour: number; readonly minute: number; readonly isExact: boolean };

function past(words: string): ReadClock | undefined {
  const [, amount = '', side, hour] =
    /^(?:a )?(half|quarter|\d{1,2}(?: minutes?)?) (past|after|to|before|till) (\d{1,2})$/.exec(
      words,
    ) ?? [];
  if (hour === undefined) return undefined;
  const minutes = amount === 'half' ? 30 : amount === 'quarter' ? 15 : Number.parseInt(amount, 10);
  const isBefore = side === 'to' || side === 'before' || side === 'till';
  const [h, m] = isBefore ? [Number(hour) - 1, 60 - minutes] : [Number(hour), minutes];
  if (minutes < 1 || minutes > 59 || Number(hour) > 24) return undefined;
  return { hour: (h + 24) % 24, minute: m, isExact: Number(hour) > 12 };
}

function digits(words: string): ReadClock | undefined {
  const [, hour, minute = '0'] = /^(\d{1,2})(?:[:. ](\d{1,2}))?$/.exec(words) ?? [];
  if (hour === undefined) return undefined;
  const [h, m] = [Number(hour), Number(minute)];
  if (h > 24 || m > 59 || (h === 24 && m > 0)) return undefined;
  return { hour: h, minute: m, isExact: h > 12 || h === 0 || (hour.length === 2 && h < 10) };
}

function timesOf(
  { hour, minute, isExact }: ReadClock,
  half: HalfOfDay | undefined,
  isLaterDay: boolean,
): readonly TimeOfDay[] | undefined {
  if (isExact) return half === 'early' && hour > 12 ? undefined : [[hour, minute]];
  const early = hour % 12;
  if (half === 'early') return [[early, minute]];
  if (half === 'night' && early < 5) return [[early + 24, minute]];
  if (half !== undefined) return [[early + 12, minute]];
  if (!isLaterDay)
    return [
      [early, minute],
      [early + 12, minute],
    ];
  const isAfternoon = early <= lastAfternoonHour;
  return [[isAfternoon ? early + 12 : early, minute]];
}
