import fc from 'fast-check';
import { expect, test } from 'vitest';
import { captionEvents, simulateTalk, type TalkUtterance } from '#bench/captions/utterances.ts';
import type { LayoutChange } from '#src/captions/live/caption-line.ts';
import { runs } from '#test/property-runs.ts';
import { openLayout } from './captioned.ts';
import { type Luck, SlowChat } from './slow-chat.ts';

const talkOfTen = {
  ...{ count: 1_000, people: 10, overlapping: 0.3, lateMs: 5_000 },
  ...{ failing: 0.02, wordless: 0.05, pauseMs: 700 },
};

type Shown = { readonly name: string; readonly isLate: boolean; readonly words: string };

/** Shows a talk, and tells what its chat shows at the end, and which lines were refused. */
function showTalk(talk: readonly TalkUtterance[], seed: number, luck: Luck) {
  const [layout, chat, refused] = [openLayout(), new SlowChat(seed, luck), new Set<number>()];
  const follow = ({ wishes, refusedLines }: LayoutChange) => {
    for (const wish of wishes) chat.show(wish);
    for (const number of refusedLines) refused.add(number);
  };
  let atMs = 0;
  const run = (untilMs: number) => {
    for (; atMs < untilMs; atMs += 20) {
      const outcome = chat.step(atMs);
      if (outcome) follow(layout.outcome(outcome, atMs));
    }
  };
  for (const event of captionEvents(talk)) {
    run(event.atMs);
    follow(layout.put(event.line, event.atMs));
  }
  for (let n = 0; n < 1_000 && !chat.isIdle(); n++) run(atMs + 2_000);
  const messages = chat.messages();
  return { messages, lines: messages.flatMap((text) => text.split('\n')).map(read), refused };
}

function read(shown: string): Shown {
  const [, name = '', time, words = ''] = /^\*\*(.+?)\*\* (<t:\d+:T> )?(.*)$/.exec(shown) ?? [];
  return { name, isLate: time !== undefined, words };
}

/** Numbers of utterances in the order in which their last words are shown. */
function numbersIn({ words }: Shown): readonly number[] {
  return [...words.matchAll(/\bw(\d+)x\b/g)].map(([, digits]) => Number(digits));
}

/** Each utterance is shown once, of its speaker and in order, but for those refused. */
function expectAllShown(
  talk: readonly TalkUtterance[],
  { messages, lines, refused }: ReturnType<typeof showTalk>,
): void {
  const byNumber = new Map(talk.map((one) => [one.number, one]));
  expect(messages.every((text) => text.length <= 2_000)).toBe(true);
  const shown = lines.flatMap((line) => numbersIn(line).map((number) => ({ line, number })));
  for (const { line, number } of shown) expect(line.name).toBe(byNumber.get(number)?.name);
  const wanted = talk.filter(({ outcome, number }) => outcome === 'final' && !refused.has(number));
  expect(shown.map(({ number }) => number).sort((a, b) => a - b)).toEqual(
    wanted.map(({ number }) => number).sort((a, b) => a - b),
  );
  for (const { number, text } of wanted) {
    expect(shown.find((one) => one.number === number)?.line.words).toContain(text);
  }
  const starts = shown
    .filter(({ line }) => !line.isLate)
    .map(({ number }) => byNumber.get(number)?.startMs ?? 0);
  expect(starts).toEqual(starts.toSorted((a, b) => a - b));
  const failed = talk.filter(
    ({ outcome, number }) => outcome === 'not-understood' && !refused.has(number),
  );
  expect(
    lines
      .filter(({ words }) => words === '(not understood)')
      .map(({ name }) => name)
      .sort(),
  ).toEqual(failed.map(({ name }) => name).sort());
}

test('of 1,000 utterances of ten people each is shown once, of its speaker, in order', () => {
  const talk = simulateTalk({ ...talkOfTen, seed: 7 });
  const shown = showTalk(talk, 7, { tooOld: 0, slowestMs: 300 });
  expectAllShown(talk, shown);
  expect(shown.lines.filter(({ isLate }) => isLate)).toEqual([]);
  expect(shown.lines.filter(({ words }) => words.endsWith('…'))).toEqual([]);
});

test('no utterance is lost or shown twice where messages are too old or refused at random', () => {
  fc.assert(
    fc.property(fc.nat(), (seed) => {
      const talk = simulateTalk({ ...talkOfTen, count: 300, seed });
      const luck = { tooOld: 0.03, refused: 'again again', slowestMs: 1_500 };
      const shown = showTalk(talk, seed, luck);
      expectAllShown(talk, shown);
      for (const number of shown.refused) expect(talk[number - 1]?.text).toContain(luck.refused);
    }),
    { numRuns: runs(8) },
  );
});

test('the simulated talk overlaps, fails and is late as asked', () => {
  const talk = simulateTalk({ ...talkOfTen, seed: 1 });
  const ends = talk.map((_, n) => Math.max(0, ...talk.slice(0, n).map(({ endMs }) => endMs)));
  const overlapping = talk.filter(({ startMs }, n) => startMs < (ends[n] ?? 0)).length;
  expect(overlapping / talk.length).toBeGreaterThan(0.25);
  expect(overlapping / talk.length).toBeLessThan(0.4);
  expect(new Set(talk.map(({ name }) => name)).size).toBe(10);
  const failed = talk.filter(({ outcome }) => outcome === 'not-understood').length;
  expect(failed).toBeGreaterThan(8);
  expect(failed).toBeLessThan(40);
  expect(talk).toEqual(simulateTalk({ ...talkOfTen, seed: 1 }));
});
