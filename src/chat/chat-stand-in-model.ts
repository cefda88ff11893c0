import { formatNumberWords } from '#src/chat/text/spoken-numbers.ts';
import type { ChatMessage, ChatModel, ChatPart } from './chat-model.ts';
import { findClosest, findStandInCall, formatResultReply } from './stand-in-calls.ts';

/** Clock, name and chance for the stand-in. */
export type StandInOptions = {
  /** Gets ms since 1970. */
  readonly wallMs: () => number;
  /** IANA name. The machine's own zone if undefined. */
  readonly timeZone?: string;
  /** Gets a number from 0 to below 1. */
  readonly random: () => number;
  readonly botName: string;
};

const abilitiesText =
  'I can tell the time, toss a coin, set timers and reminders, play rain, get louder, turn captions on, and stop. For more, connect a model with npm run setup.';
const countText =
  'Talk over me, or press Stop. One, two, three, four, five, six, seven, eight, nine, ten, eleven, twelve.';
const fallbackText = `I am only the built-in stand-in. ${abilitiesText}`;
/** At this share 5 % of strange sentences match falsely. */
const maxWordingDistance = 0.34;

/**
 * Creates the chat model for bots without one: some rules, tools by the wording of a request, and otherwise a
 * sentence about its abilities. Never fails.
 *
 * @example
 * import { createStandIn } from '#src/chat/chat-stand-in-model.ts';
 *
 * const model = createStandIn({ wallMs: () => 0, random: () => 0, botName: 'Nova' });
 * const question = [{ role: 'user', name: 'Ana', content: 'Flip a coin, please!' }] as const;
 * const reply = model.reply(question, [], new AbortController().signal);
 * (await Array.fromAsync(reply)).map((part) => ('text' in part ? part.text : '')).join(''); // 'It is heads.'
 */
export function createStandIn(options: StandInOptions): ChatModel {
  const { wallMs, timeZone = 'UTC' } = options;
  const rules = createRules(options);
  return {
    async *reply(messages, tools, signal) {
      const newest = messages.findLast(({ role }) => role === 'user');
      const wording = toPlainWording(newest?.content ?? '', options.botName);
      const reply = answerNumberedLines(messages) ?? formatResultReply(messages);
      const wantedCall =
        reply === undefined
          ? findStandInCall(wording, { nowWallMs: wallMs(), timeZone })
          : undefined;
      if (wantedCall && tools.some(({ name }) => name === wantedCall.name)) {
        const { name, input } = wantedCall;
        const call = {
          // Nine letters and digits, as Mistral wants them.
          id: `call${`${messages.length}`.padStart(5, '0')}`,
          name,
          argumentsJson: JSON.stringify(input),
        };
        yield { kind: 'tool', call };
      } else
        yield* streamText(
          reply ??
            findClosest(rules, wording, maxWordingDistance)?.createReply() ??
            fallbackText,
          signal,
        );
    },
  };
}

async function* streamText(
  text: string,
  signal: AbortSignal,
): AsyncGenerator<ChatPart> {
  for (const part of text.match(/(?:\S+\s*){1,3}/g) ?? []) {
    signal.throwIfAborted();
    yield { kind: 'text', text: part };
  }
  signal.throwIfAborted();
}

const timeWordings =
  'what time is it|what is the time|tell me the time|tell me what time it is';
const coinWordings = 'flip a coin|toss a coin|throw a coin|heads or tails|coin toss';
const helloWordings =
  'hello|hello there|hi|hi there|good morning|good evening|how are you';
const helpWordings =
  'what can you do|what can i ask|what can i say|who are you|help|help me';

/** Creates the rules, which forgive small mistakes of a recogniser. */
function createRules({ wallMs, timeZone, random, botName }: StandInOptions) {
  const greeting = `Hello, I am ${botName}. Ask me what time it is, or what I can do.`;
  return [
    {
      wordings: timeWordings,
      createReply: () => formatTimeSentence(wallMs(), timeZone),
    },
    {
      wordings: coinWordings,
      createReply: () => (random() < 0.5 ? 'It is heads.' : 'It is tails.'),
    },
    { wordings: 'count to twelve|count to ten|count', createReply: () => countText },
    { wordings: helloWordings, createReply: () => greeting },
    {
      wordings: helpWordings,
      createReply: () => `I am ${botName}, by the built-in stand-in. ${abilitiesText}`,
    },
  ];
}

const politeness =
  /\b(?:hey|okay|ok|so|well|just|then|today|right now|now|everyone|everybody|um|uh|please|thanks|thank you)\b/g;

function toPlainWording(text: string, botName: string) {
  const removePunctuation = (sentence: string) =>
    sentence
      .toLowerCase()
      .replace(/[\u2019']s\b/g, ' is')
      .replace(/[^\p{L}\p{N}']+/gu, ' ');
  return removePunctuation(` ${text} `)
    .replaceAll(removePunctuation(` ${botName} `), ' ')
    .replace(politeness, ' ')
    .replace(/\s+/g, ' ')
    .replace(/^ ?(?:can|could|would) you /, '')
    .trim();
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
  if (minute === 0) return `The time is now ${hourWord} o'clock.`;
  const count = isPast ? minute : 60 - minute;
  const minutes = count === 1 ? 'one minute' : `${formatNumberWords(count)} minutes`;
  return `The time is now ${count === 30 ? 'half' : minutes} ${isPast ? 'past' : 'to'} ${hourWord}.`;
}

const [maxCitedLines, maxPoints, minPointWords] = [3, 6, 4];
const shownLinePattern =
  /^\[(\d+)\] (?:\d{4}-\d\d-\d\d )?\d\d:\d\d ([^\n]*?): ([^\n]*)$/gm;

/** Answers a question about numbered lines by shared words, or recaps them. */
function answerNumberedLines(messages: readonly ChatMessage[]) {
  const newest = messages.at(-1);
  if (newest?.role !== 'user' || newest.name !== '') return undefined; // A person has a name.
  const { content } = newest;
  if (!content.startsWith('<lines>')) return undefined;
  const [block = '', question] = content.split('</lines>\nQuestion: ');
  const lines = [...block.matchAll(shownLinePattern)].map(
    ([, number = '', name = '', text = '']) => {
      return { number, name, text };
    },
  );
  return question === undefined ? createRecap(lines) : citeLines(question, lines);
}

type ShownLine = {
  readonly number: string;
  readonly name: string;
  readonly text: string;
};

function citeLines(question: string, lines: readonly ShownLine[]) {
  const sought = listStems(question);
  const scored = lines.map(({ number, name, text }) => {
    const shared = listStems(`${name} ${text}`).intersection(sought).size;
    return { number, score: text.endsWith('?') ? shared - 0.5 : shared };
  });
  const best = Math.max(0, ...scored.map(({ score }) => score));
  const cited = scored
    .filter(({ score }) => best > 0 && score === best)
    .slice(0, maxCitedLines);
  return cited.map(({ number }) => `[${number}]`).join(' ') || '[0]';
}

function listStems(text: string) {
  const questionWords = text.toLowerCase().match(/[\p{L}\p{N}\p{M}]{4,}/gu) ?? [];
  return new Set(questionWords.map((word) => word.slice(0, 5)));
}

function createRecap(lines: readonly ShownLine[]) {
  const points = lines
    .filter(
      ({ text }) => !text.endsWith('?') && text.split(' ').length >= minPointWords,
    )
    .toSorted((a, b) => b.text.length - a.text.length)
    .slice(0, maxPoints)
    .map(({ number, text }) => {
      return { kind: 'point', text, lines: [{ line: Number(number), words: text }] };
    });
  return JSON.stringify({ points });
}
