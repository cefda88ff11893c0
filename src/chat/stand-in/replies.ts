import { toRecord, tryParseJson } from '#src/base/json.ts';
import type { ChatMessage } from '#src/chat/chat-model.ts';
import { formatNumberWords } from '#src/chat/text/speakable.ts';
import { textLocales } from '#src/texts/locales.ts';
import { formatText, type Locale, type PlainTextId } from '#src/texts/texts.ts';
import type { FoundIntent } from './find-intent.ts';
import { findCall } from './find-intent.ts';
import type { SumResult } from './sums.ts';
import { getWordings, type Intent } from './wordings.ts';

/** Clock, name and chance for the stand-in. */
export type StandInOptions = {
  /** Gets ms since 1970. */
  readonly wallMs: () => number;
  /** IANA name, where the instructions tell none. The machine's own if undefined. */
  readonly timeZone?: string;
  /** Gets a number from 0 to below 1. */
  readonly random: () => number;
  readonly botName: string;
};

/** An ability that the stand-in tells people of, with a wording that asks for it. */
type Ability = {
  readonly text: PlainTextId;
  readonly intent: Intent | 'sum';
  /** Also told of where the limit is. */
  readonly isFirst?: true;
};

/** What the stand-in says that it can do, in the order in which it says so. */
export const abilities: readonly Ability[] = [
  { text: 'standin.can.time', intent: 'time', isFirst: true },
  { text: 'standin.can.date', intent: 'date' },
  { text: 'standin.can.sum', intent: 'sum', isFirst: true },
  { text: 'standin.can.joke', intent: 'joke', isFirst: true },
  { text: 'standin.can.coin', intent: 'coin' },
  { text: 'standin.can.timer', intent: 'timer', isFirst: true },
  { text: 'standin.can.remind', intent: 'remind' },
  { text: 'standin.can.play', intent: 'play', isFirst: true },
  { text: 'standin.can.louder', intent: 'louder' },
  { text: 'standin.can.captions', intent: 'captionsOn' },
];

/** Formats what the stand-in can do with the tools that it is offered. */
function formatAbilities(
  locale: Locale,
  told: readonly Ability[],
  toolNames: ReadonlySet<string>,
) {
  const possible = told.filter(({ intent }) => {
    const call = intent === 'sum' ? undefined : findCall({ intent, locale });
    return !call || toolNames.has(call.name);
  });
  const list = new Intl.ListFormat(locale, { type: 'conjunction' }).format(
    possible.map(({ text }) => formatText(text, {}, locale)),
  );
  return formatText('standin.abilities', { list }, locale);
}

const jokes = ['standin.joke.1', 'standin.joke.2', 'standin.joke.3'] as const;

/**
 * Formats the answer in words to a request. Undefined for an intent that only a tool can do.
 *
 * @example
 * import { formatReply } from '#src/chat/stand-in/replies.ts';
 *
 * const options = { wallMs: () => 0, timeZone: 'UTC', random: () => 0, botName: 'Nova' };
 * formatReply({ intent: 'date', locale: 'de' }, options, new Set()); // 'Heute ist Donnerstag, 1. Januar 1970.'
 */
export function formatReply(
  found: FoundIntent,
  options: StandInOptions,
  toolNames: ReadonlySet<string>,
): string | undefined {
  const { locale } = found;
  const say = (id: PlainTextId) => formatText(id, {}, locale);
  const name = options.botName;
  switch (found.intent) {
    case 'sum':
      return formatSum(found.result, locale);
    case 'time':
      return formatTime(options, locale);
    case 'date':
      return formatDate(options, locale);
    case 'coin':
      return say(options.random() < 0.5 ? 'standin.heads' : 'standin.tails');
    case 'joke':
      return say(jokes[Math.floor(options.random() * jokes.length)] ?? jokes[0]);
    case 'hello':
      return formatText('standin.hello', { name }, locale);
    case 'help':
      return formatText(
        'standin.help',
        { name, abilities: formatAbilities(locale, abilities, toolNames) },
        locale,
      );
    default: {
      const id = fixedReplies[found.intent];
      return id && say(id);
    }
  }
}

const fixedReplies: Readonly<Partial<Record<Intent, PlainTextId>>> = {
  count: 'standin.count',
  howAreYou: 'standin.well',
  thanks: 'standin.welcome',
  bye: 'standin.bye',
};

function formatSum(result: SumResult, locale: Locale) {
  if (result.kind === 'by-zero') return formatText('standin.sum.zero', {}, locale);
  const isNegative = result.digits.startsWith('-');
  const digits = result.digits.replace('-', '') as `${number}`;
  const format = new Intl.NumberFormat(locale, { maximumFractionDigits: 12 });
  // A minus sign is easily overheard by a voice.
  const [minus = '-'] = getWordings(locale).operators['-'];
  const size = format.format(digits);
  const id = result.kind === 'exact' ? 'standin.sum' : 'standin.sum.about';
  return formatText(id, { result: isNegative ? `${minus} ${size}` : size }, locale);
}

function formatTime({ wallMs, timeZone }: StandInOptions, locale: Locale) {
  if (locale === 'en') return formatTimeSentence(wallMs(), timeZone);
  const style = { timeStyle: 'short', hourCycle: 'h23', timeZone } as const;
  const time = new Intl.DateTimeFormat(locale, style).format(wallMs());
  return formatText('standin.time', { time }, locale);
}

function formatDate({ wallMs, timeZone }: StandInOptions, locale: Locale) {
  const tag = locale === 'en' ? 'en-GB' : locale;
  const date = new Intl.DateTimeFormat(tag, { dateStyle: 'full', timeZone });
  return formatText('standin.date', { date: date.format(wallMs()) }, locale);
}

/** Formats a time so that small recognisers understand it: "The time is now twenty five minutes past four". */
export function formatTimeSentence(
  wallMs: number,
  timeZone: string | undefined,
): string {
  const format = new Intl.DateTimeFormat('en-GB', { timeStyle: 'short', timeZone });
  const [hour = 0, minute = 0] = format.format(wallMs).split(':').map(Number);
  const isPast = minute <= 30;
  const hourWord = formatNumberWords(((hour + (isPast ? 11 : 12)) % 12) + 1);
  const tell = (time: string) => formatText('standin.time', { time });
  if (minute === 0) return tell(`${hourWord} o'clock`);
  const count = isPast ? minute : 60 - minute;
  const minutes = count === 1 ? 'one minute' : `${formatNumberWords(count)} minutes`;
  return tell(
    `${count === 30 ? 'half' : minutes} ${isPast ? 'past' : 'to'} ${hourWord}`,
  );
}

/**
 * Formats that the stand-in cannot do what it was asked: in full once, then in ten words. The messages tell whether the
 * asker has heard it in full.
 */
export function formatLimit(
  messages: readonly ChatMessage[],
  locale: Locale,
  toolNames: ReadonlySet<string>,
): string {
  if (hasHeardLimit(messages)) return formatText('standin.limit.again', {}, locale);
  const first = abilities.filter(({ isFirst }) => isFirst);
  return formatText(
    'standin.limit',
    { abilities: formatAbilities(locale, first, toolNames) },
    locale,
  );
}

function hasHeardLimit(messages: readonly ChatMessage[]) {
  const asker = messages.findLast(({ role }) => role === 'user');
  if (asker?.role !== 'user') return false;
  let toName: string | undefined;
  for (const message of messages) {
    if (message.role === 'user') toName = message.name;
    const isToAsker = message.role === 'assistant' && toName === asker.name;
    if (isToAsker && limitBegins.some((begin) => message.content.includes(begin)))
      return true;
  }
  return false;
}

/** First sentences of the limit in all languages. An interrupted limit is told again only if none was heard. */
const limitBegins = textLocales.map((locale) =>
  formatText('standin.limit', { abilities: '' }, locale).trim(),
);

const ownTextIds = [
  'standin.limit',
  'standin.limit.again',
  'standin.help',
  'standin.hello',
  'standin.count',
  'standin.well',
  ...jokes,
] as const;

/** The longest stretch of each text that stands around nothing else. */
const ownStretches = textLocales.flatMap((locale) =>
  ownTextIds.map((id) => {
    const stretches = formatText(id, {}, locale).split(/\{\w+\}/);
    return stretches
      .map((text) => text.trim())
      .toSorted((a, b) => b.length - a.length)[0];
  }),
);

/** Returns whether a line is only what the stand-in says of itself, which tells nothing of a talk. */
export function isStandInText(line: string): boolean {
  return ownStretches.some(
    (stretch) => stretch !== undefined && stretch !== '' && line.includes(stretch),
  );
}

/** Formats the result of a tool as a reply. Undefined if the newest message is no result. */
export function formatResultReply(
  messages: readonly ChatMessage[],
  locale: Locale,
): string | undefined {
  const newest = messages.at(-1);
  if (newest?.role !== 'tool') return undefined;
  const { result, error } = toRecord(tryParseJson(newest.content));
  const { outcome, reminders, waiting } = toRecord(result);
  if (waiting !== undefined) return formatText('standin.confirm', {}, locale);
  if (newest.lines)
    return newest.lines
      .map(({ id, with: values }) => formatText(id, values, locale))
      .join(' ');
  const reply = error ?? outcome ?? reminders ?? formatText('standin.done', {}, locale);
  return Array.isArray(reply) ? reply.join(' ') : `${reply}`;
}
