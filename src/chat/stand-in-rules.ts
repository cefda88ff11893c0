import { editDistance } from '#src/base/edit-distance.ts';
import { numberWords, ordinalWords } from '#src/chat/text/spoken-numbers.ts';
import type { ChatMessage } from './ports.ts';

/** Input of the stand-in for one answer. */
export type StandInContext = {
  /** The newest utterance, plain: lower case, no punctuation, without the bot's name and politeness. */
  readonly words: string;
  readonly speaker: string;
  /** Earlier messages, oldest first. */
  readonly earlier: readonly ChatMessage[];
  readonly wallMs: number;
  readonly timeZone: string | undefined;
  /** Random number from 0 up to, not including, 1. */
  readonly random: () => number;
  readonly botName: string;
};

export type Rule = {
  /** Plain wordings of the request. A recogniser's small mistakes are forgiven elsewhere. */
  readonly asked: readonly string[];
  readonly say: (context: StandInContext) => string;
};

export const honest = 'I am only the built-in stand-in. Connect a model and I can answer that.';

/** Requests for the last answer. */
export const again: readonly string[] = [
  ...['say that again', 'say it again', 'repeat that', 'repeat it', 'once more', 'come again'],
  ...['what did you say', 'what did you just say', 'pardon'],
];

/** Rules for all requests that are answered by their wording alone. */
export const rules: readonly Rule[] = [
  {
    asked: [
      'what time is it',
      'what is the time',
      'tell me the time',
      'tell me what time it is',
      'do you know what time it is',
    ],
    say: ({ wallMs, timeZone }) => timeSentence(wallMs, timeZone),
  },
  {
    asked: [
      ...['what is the date', 'what date is it', 'tell me the date'],
      ...['what day is it', 'what day is', 'what is today'],
    ],
    say: ({ wallMs, timeZone }) => dateSentence(wallMs, timeZone),
  },
  {
    asked: ['what did i say first', 'what was the first thing i said', 'what did i say at first'],
    say: firstSaid,
  },
  {
    asked: again,
    say: ({ earlier }) =>
      earlier.findLast(({ role }) => role === 'assistant')?.content ??
      'I have not said anything yet.',
  },
  {
    asked: ['what is my name', 'who am i', 'do you know my name', 'say my name'],
    say: (context) => {
      const name = nameGiven(context);
      return name ? `Your name is ${name}.` : 'You have not told me your name yet.';
    },
  },
  {
    asked: ['what is your name', 'who are you', 'what are you called'],
    say: ({ botName }) => `I am ${botName}, or rather the built-in stand-in.`,
  },
  {
    asked: ['flip a coin', 'toss a coin', 'throw a coin', 'heads or tails', 'coin toss'],
    say: ({ random }) => (random() < 0.5 ? 'It is heads.' : 'It is tails.'),
  },
  {
    asked: [
      'what can you do',
      'what do you do',
      'what can i ask',
      'what can i say',
      'help',
      'help me',
    ],
    say: () =>
      'I can tell the time and the date, play sounds, set timers, speak louder or slower, add digits, repeat what was said and who said it, remember your name, and toss a coin. ' +
      'For anything else, connect a model.',
  },
  {
    asked: ['goodbye', 'good bye', 'bye', 'bye bye', 'see you', 'see you later', 'good night'],
    say: () => 'Goodbye. It was nice to talk to you.',
  },
];

/** The one with the wording that is closest to these words, at most so far as a share of its length. */
export function closest<Asked extends Pick<Rule, 'asked'>>(
  all: readonly Asked[],
  words: string,
  farthest: number,
): Asked | undefined {
  let found: Asked | undefined;
  let least = farthest;
  for (const one of all) {
    const distance = Math.min(...one.asked.map((asked) => distanceOf(words, asked)));
    if (distance > least) continue;
    found = one;
    least = distance;
  }
  return found;
}

function distanceOf(words: string, asked: string): number {
  return editDistance(words, asked) / Math.max(words.length, asked.length);
}

type TimeFields = { readonly [name in 'hour' | 'minute' | 'day']?: number };

/** First message of the speaker, without those of others. */
function firstSaid({ earlier, speaker }: StandInContext): string {
  const first = earlier.find((message) => message.role === 'user' && message.name === speaker);
  if (!first) return 'This is the first thing you said.';
  return `You first said: ${first.content.replace(/(?<![.!?\s])[.!?\s]+$/, '')}.`;
}

const introduction = /\b(?:my name is|my name's|call me) ([\p{L}'-]+)/iu;

/** The name in `my name is Adam`, with a capital. */
export function nameIn(text: string): string | undefined {
  const name = introduction.exec(text)?.[1];
  return name && name.charAt(0).toUpperCase() + name.slice(1);
}

/** The last name this speaker gave. */
function nameGiven({ earlier, speaker }: StandInContext): string | undefined {
  return earlier
    .filter((message) => message.role === 'user' && message.name === speaker)
    .map(({ content }) => nameIn(content))
    .findLast((name) => name !== undefined);
}

/**
 * `The time is now twenty five minutes past four.` In `timeZone` (IANA), or the machine's own.
 *
 * In these words because the embedded recogniser, which judges the first exchange, understands them at any time of day: of
 * "It is twelve" it makes "Israel".
 */
export function timeSentence(wallMs: number, timeZone: string | undefined): string {
  const { hour = 0, minute = 0 } = timeFields(wallMs, timeZone);
  const past = (hour + 11) % 12;
  if (minute === 0) return `The time is now ${hourWord(past)} o'clock.`;
  if (minute === 30) return `The time is now half past ${hourWord(past)}.`;
  if (minute < 30) return `The time is now ${minuteWords(minute)} past ${hourWord(past)}.`;
  return `The time is now ${minuteWords(60 - minute)} to ${hourWord(past + 1)}.`;
}

/** `Today is Friday, the twentieth of November.` */
function dateSentence(wallMs: number, timeZone: string | undefined): string {
  const zone = timeZone === undefined ? {} : { timeZone };
  const name = (options: Intl.DateTimeFormatOptions) =>
    new Intl.DateTimeFormat('en-GB', { ...options, ...zone }).format(wallMs);
  const { day = 1 } = timeFields(wallMs, timeZone);
  return `Today is ${name({ weekday: 'long' })}, the ${ordinalWords(day)} of ${name({ month: 'long' })}.`;
}

function timeFields(wallMs: number, timeZone: string | undefined): TimeFields {
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

function minuteWords(count: number): string {
  return count === 1 ? 'one minute' : `${numberWords(count)} minutes`;
}
