import { type Canary, canaryNumbers } from '#bench/chaos/judge/canary.ts';
import type { MockReply } from '#test/fakes/providers/chat.ts';

const first = `anchor amber basket beacon butter candle carpet castle
  copper cotton desert dragon engine falcon feather forest`.split(/\s+/);
const second = `garden ginger hammer harbor island jacket jungle kettle
  ladder lantern lemon marble meadow mirror mountain needle`.split(/\s+/);
const third = `ocean orange paper pebble pepper pillow planet pocket
  pumpkin rabbit ribbon rocket saddle salmon shadow silver`.split(/\s+/);

/** Names of the people, by the number their canary has. */
export const names = ['Adam', 'Bea', 'Carl', 'Dora', 'Eve', 'Finn'] as const;
/** Stands for the bot's own sentences where people have their number. */
export const sentenceWho = 15;
/** Stands for reminders that are told aloud. */
export const reminderWho = 14;
/** Begins a reminder that is told, in speech and in messages. */
export const reminderText = /your reminder for/i;

/** Every so many questions of a person ask for a reminder, which is a call of a tool with an effect. */
const reminderEvery = 6;
/** From the call to the instant of the reminder. */
const reminderMs = 20_000;

/** True: the question asks for a reminder. */
function asksForReminder({ number }: Canary): boolean {
  return number % reminderEvery === reminderEvery - 1;
}

/** Transcript of a question. No two of a run are alike. */
export function questionText(canary: Canary): string {
  const words = wordsOf(canary);
  return asksForReminder(canary)
    ? `Nova, remind me in ${reminderMs / 1_000} seconds of the ${words}.`
    : `Nova, what is the ${words}?`;
}

/** Call of the tool that the chat model answers such a question with; undefined: it answers in words. */
export function reminderCall(newest: string): MockReply['call'] {
  const [canary] = /remind me/i.test(newest) ? canariesNamed(newest) : [];
  if (!canary) return undefined;
  const when = `in ${reminderMs / 1_000} seconds`;
  const argumentsJson = JSON.stringify({ when, text: `the ${wordsOf(canary)}` });
  return { name: 'set_reminder', argumentsJson };
}

/** The chat model's answer to it. */
export function answerText(canary: Canary): string {
  return `The ${wordsOf(canary)} is a fine thing.`;
}

/** Every question that is named in a text, in order, each once. */
export function canariesNamed(text: string): readonly Canary[] {
  const found = [...text.toLowerCase().matchAll(pattern)].map(
    ([, name = '', one = '', two = '', three = '']) => {
      const places = [first.indexOf(one), second.indexOf(two), third.indexOf(three)];
      const number = places.reduce((sum, place) => sum * 16 + place, 0);
      return { who: lowerNames.indexOf(name), number };
    },
  );
  return found.filter(
    ({ who, number }, n) =>
      found.findIndex((other) => other.who === who && other.number === number) === n,
  );
}

/** The canary of a reminder that is told aloud, and the question it belongs to. */
export function reminderCanary({ who, number }: Canary): Canary {
  return { who: reminderWho, number: (number * names.length + who) % canaryNumbers };
}

export function questionOfReminder({ number }: Canary): Canary {
  return { who: number % names.length, number: Math.floor(number / names.length) };
}

function wordsOf({ who, number }: Canary): string {
  const at = number % canaryNumbers;
  const three = [first[at >> 8], second[(at >> 4) & 15], third[at & 15]];
  return `${names[who]?.toLowerCase()} ${three.join(' ')}`;
}

const lowerNames = names.map((name) => name.toLowerCase());
const pattern = new RegExp(
  [lowerNames, first, second, third].map((words) => `(${words.join('|')})`).join('\\W+'),
  'g',
);
