import { fieldsOf, parsedJson } from '#src/base/json.ts';
import type { ChatMessage, Tool } from './ports.ts';
import { readTime, type TimeContext } from './text/time-phrases.ts';

/** A call that plain words ask for, without an id. */
export type StandInCall = {
  readonly name: string;
  readonly given: Readonly<Record<string, unknown>>;
};

const listWords = /^(?:what|which|list|show|tell)\b.*\b(?:timers|reminders)\b/;
const cancelWords =
  /^(?:cancel|stop|delete|remove|clear)\b.*\b(?:timer|reminder)\b(?: (?:number )?(\d+|[a-z]+))?/;
const remindWords = /^remind me (.+)$/;
/** Words before the subject of a reminder. */
const leadIn = /^(?:to|about|that|of) /;
const numbers = 'one two three four five six seven eight nine ten'.split(' ');

/** The call of a tool for timers and reminders that these words ask for, if it is offered; by its wording alone. */
export function timerCall(
  words: string,
  tools: readonly Tool[],
  context: TimeContext,
): StandInCall | undefined {
  const call = asked(words, context);
  return tools.some(({ name }) => name === call?.name) ? call : undefined;
}

function asked(words: string, context: TimeContext): StandInCall | undefined {
  const cancelled = cancelWords.exec(words);
  if (cancelled) return { name: 'cancel_reminder', given: numberIn(cancelled[1]) };
  const reminded = remindWords.exec(words)?.[1]?.split(' ');
  if (reminded) return reminder(reminded, context);
  if (listWords.test(words)) return { name: 'list_reminders', given: {} };
  return /\btimer\b/.test(words) ? timer(words.split(' '), context) : undefined;
}

function numberIn(word = ''): Readonly<Record<string, unknown>> {
  const number = /^\d+$/.test(word) ? Number(word) : numbers.indexOf(word) + 1;
  return number > 0 ? { number } : {};
}

/** The longest run of words that is a duration. */
function timer(words: readonly string[], context: TimeContext): StandInCall | undefined {
  for (let length = words.length; length > 0; length--) {
    for (let from = 0; from + length <= words.length; from++) {
      const when = words.slice(from, from + length).join(' ');
      const read = readTime(when, context);
      if (read.kind === 'at' && read.isDuration) return { name: 'set_reminder', given: { when } };
    }
  }
  return undefined;
}

/** A time at the beginning or the end, and the subject of the reminder. */
function reminder(words: readonly string[], context: TimeContext): StandInCall | undefined {
  const splits = words.map((_, at) => [words.slice(0, at + 1), words.slice(at + 1)] as const);
  const first = splits.findLast(
    ([time, rest]) =>
      isTime(time, context) && (rest.length === 0 || leadIn.test(`${rest.join(' ')} `)),
  );
  const last = first ? undefined : splits.find(([, time]) => isTime(time, context));
  const [time, about] = first ?? last?.toReversed() ?? [];
  if (!time || !about) return undefined;
  const text = about.join(' ').replace(leadIn, '');
  return { name: 'set_reminder', given: { when: time.join(' '), ...(text !== '' && { text }) } };
}

function isTime(words: readonly string[], context: TimeContext): boolean {
  return words.length > 0 && readTime(words.join(' '), context).kind === 'at';
}

/** Reply to the result of a call, which is the newest message; undefined where that is another one. */
export function timerReply(messages: readonly ChatMessage[]): string | undefined {
  const newest = messages.at(-1);
  if (newest?.role !== 'tool') return undefined;
  const call = messages
    .flatMap((message) => (message.role === 'assistant' ? (message.calls ?? []) : []))
    .findLast(({ id }) => id === newest.callId);
  const { result = {}, error } = fieldsOf(parsedJson(newest.content));
  if (typeof error === 'string') return error;
  const { number, outcome, reminders, waiting } = result as Readonly<Record<string, unknown>>;
  const { when, text } = fieldsOf(parsedJson(call?.argumentsJson ?? ''));
  if (number !== undefined && typeof when === 'string') return setSentence(when, text);
  if (typeof reminders === 'string') return `You have these: ${reminders}.`;
  if (waiting !== undefined) return 'Press Confirm in the chat, please.';
  if (Array.isArray(outcome)) return outcome.join(' ');
  return typeof outcome === 'string' ? outcome : 'All right.';
}

function setSentence(when: string, text: unknown): string {
  if (text === undefined) return `Your timer is set: ${when}.`;
  return `I will remind you ${when}.`;
}
