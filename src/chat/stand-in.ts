import { digitLike, numbersOf, numberWords } from '#src/chat/text/spoken-numbers.ts';
import type { ChatMessage, ChatModel, ChatPart, ToolCall } from './ports.ts';
import { commandCall } from './stand-in-commands.ts';
import { numberedReply, saidBy } from './stand-in-lines.ts';
import { closest, honest, nameIn, rules, type StandInContext } from './stand-in-rules.ts';
import { type StandInCall, timerCall, timerReply } from './stand-in-timers.ts';

export type StandInParts = {
  readonly wallMs: () => number;
  /** IANA name; the machine's own if left out. */
  readonly timeZone?: string;
  /** Random number from 0 up to, not including, 1. */
  readonly random: () => number;
  readonly botName: string;
};

/**
 * Answers while no model is connected: some rules, and a sentence that admits it for everything else.
 *
 * Stateless: the messages hold the whole conversation. Never fails; it calls tools by the wording of a request.
 */
export function openStandIn({ wallMs, timeZone, random, botName }: StandInParts): ChatModel {
  return {
    async *reply(messages, tools, signal) {
      const at = messages.findLastIndex(({ role }) => role === 'user');
      const newest = messages[at];
      const context = {
        words: plainWords(newest?.content ?? '', botName),
        speaker: newest?.role === 'user' ? newest.name : '',
        earlier: messages.slice(0, Math.max(0, at)),
        wallMs: wallMs(),
        timeZone,
        random,
        botName,
      };
      const reply = numberedReply(messages) ?? timerReply(messages);
      const clock = { nowWallMs: context.wallMs, timeZone: timeZone ?? 'UTC' };
      const call =
        reply === undefined
          ? (timerCall(context.words, tools, clock) ?? commandCall(context.words, tools))
          : undefined;
      if (call) yield { kind: 'tool', call: { id: `call-${messages.length}`, ...jsonOf(call) } };
      else yield* streamed(reply ?? answer(context, newest), signal);
    },
  };
}

function jsonOf({ name, given }: StandInCall): Omit<ToolCall, 'id'> {
  return { name, argumentsJson: JSON.stringify(given) };
}

async function* streamed(text: string, signal: AbortSignal): AsyncGenerator<ChatPart> {
  for (const part of text.match(/(?:\S+\s*){1,3}/g) ?? []) {
    signal.throwIfAborted();
    yield { kind: 'text', text: part };
  }
  signal.throwIfAborted();
}

function answer(context: StandInContext, newest: ChatMessage | undefined): string {
  const digits = digitsIn(context.words);
  if (digits) return digitsSentence(digits);
  const said = saidBy(context.words, context.earlier);
  if (said !== undefined) return said;
  const name = nameIn(newest?.content ?? '');
  if (name) return `Nice to meet you, ${name}.`;
  return closest(rules, context.words, farthest)?.say(context) ?? honest;
}

/** Said around a question without changing it. */
const politeness =
  /\b(?:hey|okay|ok|so|well|just|then|today|right now|now|everyone|everybody|um|uh|please|thanks|thank you)\b/g;

function plainWords(text: string, botName: string): string {
  const plain = (words: string) =>
    words
      .toLowerCase()
      .replace(/[\u2019']s\b/g, ' is')
      .replace(/(?<=\d),(?=\d)/g, '')
      .replace(/[^\p{L}\p{N}']+/gu, ' ')
      .trim();
  const unnamed = ` ${plain(text)} `.replaceAll(` ${plain(botName)} `, ' ');
  return unnamed
    .replace(politeness, ' ')
    .replace(/\s+/g, ' ')
    .replace(/^ ?(?:can|could|would) you /, '')
    .trim();
}

/** Words that may stand among digits without making a sentence of them. */
const besideDigits = new Set(
  'and plus add sum of is are what the my number numbers digits repeat say a'.split(' '),
);

/** At least two numbers and hardly any other word. */
function digitsIn(words: string): readonly number[] | undefined {
  const heard = words.split(' ');
  const exact = heard.filter((word) => numbersOf(word));
  const sums = /\b(?:add|plus|sum)\b/.test(words);
  const numbers = heard.flatMap((word) => {
    const alike = sums ? undefined : digitLike(word);
    return numbersOf(word) ?? (alike === undefined ? [] : [alike]);
  });
  const others = heard.filter(
    (word) => !numbersOf(word) && digitLike(word) === undefined && !besideDigits.has(word),
  );
  const known = exact.flatMap((word) => numbersOf(word) ?? []).length;
  return known >= 2 && others.length * 3 <= numbers.length ? numbers : undefined;
}

function digitsSentence(digits: readonly number[]): string {
  const sum = digits.reduce((total, digit) => total + digit, 0);
  return `You said ${digits.map(numberWords).join(' ')}. Together that makes ${numberWords(sum)}.`;
}

/** Largest distance of a wording from the recognised one, as a share of its length: 5 % false on strangers. */
const farthest = 0.34;
