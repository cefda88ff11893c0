import { expect, test } from 'vitest';
import type { CaptionLine } from '#src/features/captions/live/caption-line.ts';
import { fc, runs } from '#test/properties.ts';
import { openLive } from './captioned.ts';
import { type Luck, SlowChat } from './slow-chat.ts';
import {
  type CaptionEvent,
  captionEvents,
  simulateTalk,
  type TalkUtterance,
} from './talk-utterances.ts';

const talkOfTen = {
  ...{ count: 400, people: 10, overlapping: 0.3, lateMs: 5_000 },
  ...{ failing: 0.02, wordless: 0.05, pauseMs: 700 },
};

type ShownText = { readonly name: string; readonly words: string };

/** Change of a layout, at its instant. */
type Step = { readonly atMs: number; readonly put?: CaptionLine; readonly remove?: number };

/** Shows a talk, and tells what its chat shows at the end, and which lines were deleted. */
function showTalk(steps: readonly Step[], seed: number, luck: Luck) {
  const chat = new SlowChat(seed, luck);
  const { clock, deleted, live } = openLive((desired, report) => chat.show(desired, report));
  const run = (untilMs: number) => {
    for (; clock.atMs < untilMs; clock.atMs += 20) chat.step(clock.atMs);
  };
  for (const { atMs, put, remove } of steps) {
    run(atMs);
    if (put) live.put(put);
    if (remove !== undefined) live.remove([remove]);
  }
  for (let n = 0; n < 1_000 && !chat.isIdle(); n++) run(clock.atMs + 2_000);
  const messages = chat.messages();
  const lines = messages.flatMap((text) => text.split('\n')).map(read);
  return { messages, lines, deleted: new Set(deleted) };
}

function stepsOf(talk: readonly TalkUtterance[]): readonly Step[] {
  return captionEvents(talk).map(stepOf);
}

function stepOf({ atMs, isWordless, line }: CaptionEvent): Step {
  return isWordless ? { atMs, remove: line.number } : { atMs, put: line };
}

function read(shown: string): ShownText {
  const [, name = '', words = ''] = /^\*\*(.+?)\*\* (.*)$/.exec(shown) ?? [];
  return { name, words };
}

/** Numbers of utterances in the order in which their last words are shown. */
function numbersIn({ words }: ShownText): readonly number[] {
  return [...words.matchAll(/\bw(\d+)x\b/g)].map(([, digits]) => Number(digits));
}

/** Each utterance is shown once, of its speaker and in order, but for those deleted with their message. */
function expectAllShown(
  talk: readonly TalkUtterance[],
  { messages, lines, deleted }: ReturnType<typeof showTalk>,
): void {
  const byNumber = new Map(talk.map((one) => [one.number, one]));
  expect(messages.every((text) => text.length <= 2_000)).toBe(true);
  const shown = lines.flatMap((line) => numbersIn(line).map((number) => ({ line, number })));
  for (const { line, number } of shown) expect(line.name).toBe(byNumber.get(number)?.name);
  const left = talk.filter(({ number }) => !deleted.has(number));
  const wanted = left.filter(({ outcome }) => outcome === 'final');
  expect(shown.map(({ number }) => number).sort((a, b) => a - b)).toEqual(
    wanted.map(({ number }) => number).sort((a, b) => a - b),
  );
  for (const { number, text } of wanted) {
    expect(shown.find((one) => one.number === number)?.line.words).toContain(text);
  }
  for (const text of messages) {
    const numbers = text.split('\n').map(read).flatMap(numbersIn);
    const starts = numbers.map((number) => byNumber.get(number)?.startMs ?? 0);
    expect(starts).toEqual(starts.toSorted((a, b) => a - b));
  }
  const failed = left.filter(({ outcome }) => outcome === 'not-understood');
  expect(
    lines
      .filter(({ words }) => words === '(not understood)')
      .map(({ name }) => name)
      .sort(),
  ).toEqual(failed.map(({ name }) => name).sort());
}

test('of 400 utterances of ten people each is shown once, of its speaker, in order', () => {
  const talk = simulateTalk({ ...talkOfTen, seed: 7 });
  const shown = showTalk(stepsOf(talk), 7, { slowestMs: 300 });
  expectAllShown(talk, shown);
  expect(shown.lines.filter(({ words }) => words.endsWith('…'))).toEqual([]);
});

test('no utterance is lost or shown twice where messages are deleted at random', () => {
  fc.assert(
    fc.property(fc.nat(), (seed) => {
      const talk = simulateTalk({ ...talkOfTen, count: 300, seed });
      const luck = { deleted: 0.02, slowestMs: 1_500 };
      expectAllShown(talk, showTalk(stepsOf(talk), seed, luck));
    }),
    { numRuns: runs(5) },
  );
});
