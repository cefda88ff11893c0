import { type Canary, canaryNumbers } from '#bench/chaos/judge/canary.ts';

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

/** What the recogniser makes of a question. No two of a run are alike. */
export function questionText(canary: Canary): string {
  return `Nova, what is the ${wordsOf(canary)}?`;
}

/** What the chat model says to it. */
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
