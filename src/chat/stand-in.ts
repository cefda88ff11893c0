import { numberWords } from '#src/chat/text/spoken-numbers.ts';
import type { ChatMessage, ChatModel, ChatPart } from './ports.ts';
import { closest, resultReply, standInCall } from './stand-in-calls.ts';

export type StandInParts = {
  readonly wallMs: () => number;
  /** IANA name. The machine's own zone if undefined. */
  readonly timeZone?: string;
  readonly random: () => number;
  readonly botName: string;
};

const abilities =
  'I can tell the time, toss a coin, set timers and reminders, play rain, get louder, turn captions on, and stop. For more, connect a model with npm run setup.';
const count =
  'Talk over me, or press Stop. One, two, three, four, five, six, seven, eight, nine, ten, eleven, twelve.';
const honest = `I am only the built-in stand-in. ${abilities}`;
/** At this share 5 % of strange sentences match falsely. */
const farthest = 0.34;

/**
 * Creates the chat model for bots without one: some rules, tools by the wording of a request, and otherwise a
 * sentence about its abilities. Never fails.
 *
 * @example
 * import { openStandIn } from '#src/chat/stand-in.ts';
 *
 * const model = openStandIn({ wallMs: () => 0, random: () => 0, botName: 'Nova' });
 * const question = [{ role: 'user', name: 'Ana', content: 'Flip a coin, please!' }] as const;
 * const parts = model.reply(question, [], new AbortController().signal);
 * (await Array.fromAsync(parts)).map((part) => ('text' in part ? part.text : '')).join(''); // 'It is heads.'
 */
export function openStandIn(parts: StandInParts): ChatModel {
  const { wallMs, timeZone = 'UTC' } = parts;
  const rules = rulesOf(parts);
  return {
    async *reply(messages, tools, signal) {
      const newest = messages.findLast(({ role }) => role === 'user');
      const words = plainWords(newest?.content ?? '', parts.botName);
      const known = numberedReply(messages) ?? resultReply(messages);
      const asked =
        known === undefined ? standInCall(words, { nowWallMs: wallMs(), timeZone }) : undefined;
      if (asked && tools.some(({ name }) => name === asked.name)) {
        const { name, given } = asked;
        const call = { id: `call-${messages.length}`, name, argumentsJson: JSON.stringify(given) };
        yield { kind: 'tool', call };
      } else yield* streamed(known ?? closest(rules, words, farthest)?.say() ?? honest, signal);
    },
  };
}

async function* streamed(text: string, signal: AbortSignal): AsyncGenerator<ChatPart> {
  for (const part of text.match(/(?:\S+\s*){1,3}/g) ?? []) {
    signal.throwIfAborted();
    yield { kind: 'text', text: part };
  }
  signal.throwIfAborted();
}

const time = 'what time is it|what is the time|tell me the time|tell me what time it is';
const coin = 'flip a coin|toss a coin|throw a coin|heads or tails|coin toss';
const hello = 'hello|hello there|hi|hi there|good morning|good evening|how are you';
const help = 'what can you do|what can i ask|what can i say|who are you|help|help me';
/** Small mistakes of a recogniser are forgiven. */
function rulesOf({ wallMs, timeZone, random, botName }: StandInParts) {
  const greeting = `Hello, I am ${botName}. Ask me what time it is, or what I can do.`;
  return [
    { asked: time, say: () => timeSentence(wallMs(), timeZone) },
    { asked: coin, say: () => (random() < 0.5 ? 'It is heads.' : 'It is tails.') },
    { asked: 'count to twelve|count to ten|count', say: () => count },
    { asked: hello, say: () => greeting },
    { asked: help, say: () => `I am ${botName}, by the built-in stand-in. ${abilities}` },
  ];
}

const politeness =
  /\b(?:hey|okay|ok|so|well|just|then|today|right now|now|everyone|everybody|um|uh|please|thanks|thank you)\b/g;

function plainWords(text: string, botName: string): string {
  const plain = (words: string) =>
    words
      .toLowerCase()
      .replace(/[\u2019']s\b/g, ' is')
      .replace(/[^\p{L}\p{N}']+/gu, ' ');
  return plain(` ${text} `)
    .replaceAll(plain(` ${botName} `), ' ')
    .replace(politeness, ' ')
    .replace(/\s+/g, ' ')
    .replace(/^ ?(?:can|could|would) you /, '')
    .trim();
}

/** A small recogniser understands "The time is now twenty five minutes past four" better than "It is twelve". */
export function timeSentence(wallMs: number, timeZone: string | undefined): string {
  const format = new Intl.DateTimeFormat('en-GB', { timeStyle: 'short', timeZone });
  const [hour = 0, minute = 0] = format.format(wallMs).split(':').map(Number);
  const isPast = minute <= 30;
  const hourWord = numberWords(((hour + (isPast ? 11 : 12)) % 12) + 1);
  if (minute === 0) return `The time is now ${hourWord} o'clock.`;
  const count = isPast ? minute : 60 - minute;
  const minutes = count === 1 ? 'one minute' : `${numberWords(count)} minutes`;
  return `The time is now ${count === 30 ? 'half' : minutes} ${isPast ? 'past' : 'to'} ${hourWord}.`;
}

const [mostLines, mostPoints, leastWords] = [3, 6, 4];
const shownLine = /^\[(\d+)\] (?:\d{4}-\d\d-\d\d )?\d\d:\d\d ([^\n]*?): ([^\n]*)$/gm;

/**
 * Answers a request about numbered lines by shared words, without understanding: the lines that answer a question, or
 * a recap.
 */
function numberedReply(messages: readonly ChatMessage[]): string | undefined {
  const newest = messages.at(-1);
  if (newest?.role !== 'user' || newest.name !== '') return undefined; // A person has a name.
  const { content } = newest;
  if (!content.startsWith('<lines>')) return undefined;
  const [block = '', question] = content.split('</lines>\nQuestion: ');
  const lines = [...block.matchAll(shownLine)].map(([, number = '', name = '', text = '']) => {
    return { number, name, text };
  });
  return question === undefined ? recapOf(lines) : citedFor(question, lines);
}

type ShownLine = { readonly number: string; readonly name: string; readonly text: string };

function citedFor(question: string, lines: readonly ShownLine[]): string {
  const sought = stemsOf(question);
  const scored = lines.map(({ number, name, text }) => {
    const shared = stemsOf(`${name} ${text}`).intersection(sought).size;
    return { number, score: text.endsWith('?') ? shared - 0.5 : shared };
  });
  const best = Math.max(0, ...scored.map(({ score }) => score));
  const cited = scored.filter(({ score }) => best > 0 && score === best).slice(0, mostLines);
  return cited.map(({ number }) => `[${number}]`).join(' ') || '[0]';
}

function stemsOf(text: string): ReadonlySet<string> {
  const words = text.toLowerCase().match(/[\p{L}\p{N}\p{M}]{4,}/gu) ?? [];
  return new Set(words.map((word) => word.slice(0, 5)));
}

function recapOf(lines: readonly ShownLine[]): string {
  const points = lines
    .filter(({ text }) => !text.endsWith('?') && text.split(' ').length >= leastWords)
    .toSorted((a, b) => b.text.length - a.text.length)
    .slice(0, mostPoints)
    .map(({ number, text }) => {
      return { kind: 'point', text, lines: [{ line: Number(number), words: text }] };
    });
  return JSON.stringify({ points });
}
