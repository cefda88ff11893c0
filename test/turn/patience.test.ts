import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type Endings, leaning, learnEnding, noEndings } from '#src/turn/endings.ts';
import { learnPause, type PauseHabit, unknownHabit } from '#src/turn/habit.ts';
import { type Signs, waitFor, waitRules } from '#src/turn/patience.ts';

const silent: Signs = { closed: true, lags: false, textless: true };
const read = (over: number, lastWord = 'word'): Signs => ({
  closed: true,
  lags: false,
  textless: false,
  reading: { over, lastWord },
});
const waitMs = (signs: Signs, person = {}) => waitFor(signs, waitRules, person).waitMs;

function pausing(...pausesMs: readonly number[]): PauseHabit {
  return pausesMs.reduce(learnPause, unknownHabit);
}

test('without text the wait is 300 ms for a closed microphone and 500 for an open one', () => {
  expect(waitMs(silent)).toBe(300);
  expect(waitMs({ ...silent, closed: false })).toBe(500);
});

test('the more finished a text sounds the shorter the wait', () => {
  const waits = [-4, -2.5, -1.5, -0.5, 0.4, 1.2, 2, 4].map((over) => waitMs(read(over)));
  expect(waits).toEqual(waits.toSorted((a, b) => b - a));
  expect(waits[0]).toBe(1200);
  expect(waits.at(-1)).toBeLessThan(300);
});

test('an answer is prepared as soon as the text is likelier over than not', () => {
  expect(waitFor(read(2), waitRules, {}).aheadMs).toBe(waitRules.aheadMs);
  expect(waitFor(read(0.3), waitRules, {}).aheadMs).toBe(waitRules.aheadMs);
  expect(waitFor(read(0), waitRules, {}).aheadMs).toBe(0);
});

test('a voice that silero alone saw stopping stopped earlier than it saw', () => {
  expect(waitMs({ ...read(1), lags: true })).toBe(waitMs(read(1)) - waitRules.lagMs);
});

test('a text that is due is waited for, and one that came empty is not', () => {
  const rules = { ...waitRules, textDueMs: 600 };
  expect(waitFor(silent, rules, {})).toEqual({ waitMs: 600, aheadMs: 0 });
  expect(waitFor({ ...silent, textless: false }, rules, {}).waitMs).toBe(300);
});

test('people who pause long are given time, people who hardly pause are answered sooner', () => {
  const slow = { habit: pausing(...Array(20).fill(1100)) };
  const quick = { habit: pausing(...Array(20).fill(120)) };
  for (const signs of [silent, read(0), read(1.2)]) {
    expect(waitMs(signs, slow)).toBeGreaterThan(waitMs(signs));
    expect(waitMs(signs, quick)).toBeLessThan(waitMs(signs));
  }
});

test('one long pause is no habit yet', () => {
  expect(waitMs(silent, { habit: pausing(1500) })).toBeLessThan(320);
});

test('four of five pauses are shorter than the one learned', () => {
  const pauses = Array.from({ length: 400 }, (_, n) => 200 + ((n * 37) % 100) * 8);
  const { typicalMs } = pausing(...pauses);
  const shorter = pauses.filter((ms) => ms < typicalMs).length / pauses.length;
  expect(shorter).toBeGreaterThan(0.65);
  expect(shorter).toBeLessThan(0.95);
});

test('last words that often went on are waited for, in any language and without a list', () => {
  let endings: Endings = noEndings;
  for (let n = 0; n < 10; n++) endings = learnEnding(endings, 'siis', 'went-on');
  for (let n = 0; n < 10; n++) endings = learnEnding(endings, 'aitäh', 'ended');
  expect(waitMs(read(0.5, 'siis'), { endings })).toBeGreaterThan(waitMs(read(0.5)));
  expect(waitMs(read(0.5, 'aitäh'), { endings })).toBeLessThan(waitMs(read(0.5)));
  expect(leaning(endings, 'never heard')).toBe(0);
});

test('what is learned about endings stays bounded and forgets the oldest', () => {
  let endings: Endings = noEndings;
  for (let n = 0; n < 700; n++) endings = learnEnding(endings, `word${n}`, 'ended');
  expect(endings.size).toBe(500);
  expect(endings.has('word0')).toBe(false);
  for (let n = 0; n < 300; n++) endings = learnEnding(endings, 'word699', 'went-on');
  const known = endings.get('word699');
  expect((known?.ended ?? 0) + (known?.wentOn ?? 0)).toBeLessThanOrEqual(65);
});

test('no sign and no habit leads out of 150 to 1,200 ms', () => {
  const signs = fc.record({
    closed: fc.boolean(),
    lags: fc.boolean(),
    textless: fc.boolean(),
    reading: fc.option(
      fc.record({ over: fc.double({ min: -4, max: 4, noNaN: true }), lastWord: fc.string() }),
      { nil: undefined },
    ),
  });
  fc.assert(
    fc.property(signs, fc.array(fc.double()), (seen, pausesMs) => {
      const { waitMs: ms, aheadMs } = waitFor(seen, waitRules, { habit: pausing(...pausesMs) });
      expect(ms).toBeGreaterThanOrEqual(150);
      expect(ms).toBeLessThanOrEqual(1200);
      expect(aheadMs).toBeGreaterThanOrEqual(0);
    }),
  );
});
