import { realClock } from '#src/base/clock.ts';
import { isRecord } from '#src/base/json.ts';
import { toUtcMs } from '#src/base/zoned-time.ts';
import { toScalarText } from './error-text.ts';

/** Parts of a refusal in which servers state a wait. */
export type WaitSource = {
  readonly headers: Headers | undefined;
  /** The parsed body. */
  readonly body: unknown;
  /** The sentence of the body. */
  readonly text: string;
};

/** A longer wait is a mistake, or no wait. */
const maxWaitMs = 31 * 86_400_000;
const maxFields = 500;
const halfCenturyMs = 50 * 365.25 * 86_400_000;

/**
 * Reads how long a server asks to wait, in ms. Undefined if it states no wait. A date in the past means no wait.
 *
 * Dates are compared with the server's own `Date` header, else with `wallMs`.
 *
 * @example
 * import { readStatedWaitMs } from '#src/provider/models/stated-wait.ts';
 *
 * const headers = new Headers({ 'retry-after': '120' });
 * readStatedWaitMs({ headers, body: undefined, text: '' }); // 120000
 */
export function readStatedWaitMs(
  { headers = new Headers(), body, text }: WaitSource,
  wallMs: number = realClock.wallMs(),
): number | undefined {
  const nowMs = parseHttpDate(headers.get('date') ?? '', wallMs) ?? wallMs;
  const fields = [...headers, ...listFields(body)].map(
    ([name, value]) => [toFieldName(name), value] as const,
  );
  const waits = [
    ...listRetryWaits(fields, nowMs),
    parseWaitText(text, nowMs),
    findResetWait(fields, nowMs),
  ];
  return waits.find((waitMs) => waitMs !== undefined && waitMs <= maxWaitMs);
}

type Field = readonly [name: string, value: unknown];

/** Lists the fields of a body at any depth. */
function listFields(body: unknown): readonly Field[] {
  const fields: Field[] = [];
  const unread = [body];
  for (let at = 0; at < unread.length && fields.length < maxFields; at++) {
    const value = unread[at];
    if (!isRecord(value)) continue;
    fields.push(...Object.entries(value).slice(0, maxFields));
    unread.push(...Object.values(value).slice(0, maxFields));
  }
  return fields;
}

/** Returns a name in lower case with dashes: `retry-after-ms` for `retryAfterMs`. */
function toFieldName(name: string) {
  return name
    .replace(/(?<=[a-z])(?=[A-Z])/g, '-')
    .replaceAll('_', '-')
    .toLowerCase();
}

/** Names of fields that hold a wait. LiteLLM passes on the headers of the server behind it with a prefix. */
const retryName =
  /^(?:llm-provider-)?(?:x-)?retry-(?:after|delay|in)(-ms|-milliseconds|-s|-secs?|-seconds)?$/;

function listRetryWaits(fields: readonly Field[], nowMs: number) {
  const waits = fields.flatMap(([name, value]) => {
    const [isNamed, unit = ''] = retryName.exec(name) ?? [];
    const isExact = unit.startsWith('-m');
    const waitMs = isNamed ? parseWait(value, isExact ? 1 : 1_000, nowMs) : undefined;
    return waitMs === undefined ? [] : [{ waitMs, isExact }];
  });
  // Milliseconds say more than the seconds beside them.
  const exactWaits = waits.filter(({ isExact }) => isExact);
  return [...exactWaits, ...waits].map(({ waitMs }) => waitMs);
}

/** Parses `23`, `"23s"`, a date, or `{ seconds: 23, nanos: 0 }`. */
function parseWait(value: unknown, bareUnitMs: number, nowMs: number) {
  if (isRecord(value)) {
    const { seconds = 0, nanos = 0 } = value;
    const waitMs =
      Number(toScalarText(seconds)) * 1_000 + Number(toScalarText(nanos)) / 1e6;
    return waitMs > 0 ? waitMs : undefined;
  }
  const text = toScalarText(value).trim();
  if (/^\d+(?:\.\d+)?$/.test(text)) return Number(text) * bareUnitMs;
  return parseDuration(text) ?? parseDateWait(text, nowMs);
}

function parseDateWait(text: string, nowMs: number) {
  const dateMs = parseHttpDate(text, nowMs) ?? parseIsoDate(text);
  return dateMs === undefined ? undefined : Math.max(0, dateMs - nowMs);
}

const durationPart =
  /(?:, ?| )?(?:and )?(\d{1,12}(?:\.\d{1,9})?) ?(milliseconds?|msecs?|ms|seconds?|secs?|s|minutes?|mins?|m|hours?|hrs?|h|days?|d)(?![a-z])/iy;

/** Parses `6m0s`, `1.5s`, `20ms` or `1 minute and 2 seconds`. `isWhole`: nothing may follow. */
function parseDuration(text: string, isWhole = true) {
  let sumMs: number | undefined;
  durationPart.lastIndex = 0;
  for (let end = 0; ; end = durationPart.lastIndex) {
    const [part, count, unit = ''] = durationPart.exec(text) ?? [];
    if (part === undefined) return isWhole && end < text.length ? undefined : sumMs;
    sumMs = (sumMs ?? 0) + Number(count) * toUnitMs(unit.toLowerCase());
  }
}

function toUnitMs(unit: string) {
  if (/^m(?:s|il)/.test(unit)) return 1;
  const unitMs = { s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 };
  return unitMs[unit.charAt(0) as keyof typeof unitMs];
}

/** "Please retry in 23.5s", "try again after 20 seconds", but not "20 requests in 60 seconds" */
const waitText =
  /(?<!\b(?:requests?|tokens?|calls?) )\b(?:in|after|wait(?: for)?)[: ] ?(?:about |approximately |at least |another )?(\d[\w., ]{0,60})/gi;
const dateText =
  /\b(?:at|after|until|on) (\d{4}-\d\d-\d\dT[\d:.]{5,18}(?:Z|[+-]\d\d:?\d\d)|[A-Z][a-z]{2,8},? [\w :-]{17,26}GMT)/;

function parseWaitText(text: string, nowMs: number) {
  const waits = Array.from(text.matchAll(waitText), ([, wait = '']) =>
    parseDuration(wait, false),
  );
  const [, date = ''] = dateText.exec(text) ?? [];
  return waits.find((waitMs) => waitMs !== undefined) ?? parseDateWait(date, nowMs);
}

/** Names of fields that tell when a limit opens again, each beside a field that tells what is left of it. */
const resetName = /^(?:llm-provider-)?(?:x-|anthropic-)?rate-?limit-(.*-)?reset(-.*)?$/;

/** Finds the wait for the limits of which nothing is left. Open limits have a time of reset too. */
function findResetWait(fields: readonly Field[], nowMs: number) {
  const values = new Map(fields);
  const waits = fields.flatMap(([name, value]) => {
    const left = toScalarText(values.get(name.replace('reset', 'remaining')));
    const isOpen = left !== '' && Number(left) !== 0;
    if (isOpen || !resetName.test(name)) return [];
    return parseReset(toScalarText(value).trim(), nowMs) ?? [];
  });
  return waits.length > 0 ? Math.max(...waits) : undefined;
}

/** Parses a duration, a date, or an instant since 1970. A small number has no known unit. */
function parseReset(text: string, nowMs: number) {
  if (!/^\d+(?:\.\d+)?$/.test(text))
    return parseDuration(text) ?? parseDateWait(text, nowMs);
  const instant = Number(text);
  if (instant < 1e9) return undefined;
  return Math.max(0, instant * (instant > 1e11 ? 1 : 1_000) - nowMs);
}

const monthNames = 'JanFebMarAprMayJunJulAugSepOctNovDec';
/** The preferred form and both obsolete ones: https://www.rfc-editor.org/rfc/rfc9110#section-5.6.7 */
const httpDates = [
  /^[A-Z][a-z]{2}, (?<day>\d\d) (?<month>[A-Z][a-z]{2}) (?<year>\d{4}) (?<time>\d\d:\d\d:\d\d) GMT$/,
  /^[A-Z][a-z]{5,8}, (?<day>\d\d)-(?<month>[A-Z][a-z]{2})-(?<year>\d\d) (?<time>\d\d:\d\d:\d\d) GMT$/,
  /^[A-Z][a-z]{2} (?<month>[A-Z][a-z]{2}) (?<day>[ \d]\d) (?<time>\d\d:\d\d:\d\d) (?<year>\d{4})$/,
] as const;

/** Two digits of a year mean no instant that is more than 50 years ahead. */
function parseHttpDate(text: string, nowMs: number) {
  const groups = httpDates
    .map((pattern) => pattern.exec(text.trim())?.groups)
    .find((found) => found !== undefined);
  if (!groups) return undefined;
  const { day, month = '', time = '', year = '' } = groups;
  const monthIndex = monthNames.indexOf(month) / 3;
  if (!Number.isInteger(monthIndex)) return undefined;
  const toMs = (fullYear: number) =>
    toClockMs(fullYear, monthIndex + 1, Number(day), time);
  if (year.length === 4) return toMs(Number(year));
  const atMs = toMs(2_000 + Number(year));
  return atMs - nowMs > halfCenturyMs ? toMs(1_900 + Number(year)) : atMs;
}

function toClockMs(year: number, month: number, day: number, time: string) {
  const [hour = 0, minute = 0, second = 0] = time.split(':').map(Number);
  return toUtcMs({ year, month, day, hour, minute, second });
}

const isoDate =
  /^(\d{4})-(\d\d)-(\d\d)[T ](\d\d:\d\d:\d\d(?:\.\d+)?)(?:Z|([+-])(\d\d):?(\d\d))$/i;

function parseIsoDate(text: string) {
  const [isDate, year, month, day, time = '', sign, hours, minutes] =
    isoDate.exec(text) ?? [];
  if (isDate === undefined) return undefined;
  const offsetMs = (Number(hours ?? 0) * 60 + Number(minutes ?? 0)) * 60_000;
  const localMs = toClockMs(Number(year), Number(month), Number(day), time);
  return sign === '-' ? localMs + offsetMs : localMs - offsetMs;
}
