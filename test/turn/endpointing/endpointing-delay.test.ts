import { expect, test } from 'vitest';
import { type Endings, leaning, learnEnding, noEndings } from '#src/turn/endpointing/endings.ts';
import {
  endpointingDelay,
  endpointingDelayRules,
  type PauseSigns,
} from '#src/turn/endpointing/endpointing-delay.ts';
import { learnPause, type PauseHabit, unknownHabit } from '#src/turn/endpointing/habit.ts';
import { fc } from '#test/properties.ts';

const silent: PauseSigns = { closed: true, lags: false, textless: true };
const read = (completeLogit: number, lastWord = 'word'): PauseSigns => ({
  closed: true,
  lags: false,
  textless: false,
  reading: { completeLogit, lastWord },
});
const delayMs = (signs: PauseSigns, person = {}) =>
  endpointingDelay(signs, endpointingDelayRules, person).delayMs;

function pausing(...pausesMs: readonly number[]): PauseHabit {
  return pausesMs.reduce(learnPause, unknownHabit);
}

test('without text the wait is 300 ms for a closed microphone and 500 for an open one', () => {
  expect(delayMs(silent)).toBe(300);
  expect(delayMs({ ...silent, closed: false })).toBe(500);
});

test('the more finished a text sounds the shorter the wait', () => {
  const waits = [-4, -2.5, -1.5, -0.5, 0.4, 1.2, 2, 4].map((logit) => delayMs(read(logit)));
  expect(waits).toEqual(waits.toSorted((a, b) => b - a));
  expect(waits[0]).toBe(1200);
  expect(waits.at(-1)).toBeLessThan(300);
});

test('an answer is prepared as soon as the text is likelier over than not', () => {
  expect(endpointingDelay(read(2), endpointingDelayRules, {}).preemptiveLeadMs).toBe(
    endpointingDelayRules.preemptiveLeadMs,
  );
  expect(endpointingDelay(read(0.3), endpointingDelayRules, {}).preemptiveLeadMs).toBe(
    endpointingDelayRules.preemptiveLeadMs,
  );
  expect(endpointingDelay(read(0), endpointingDelayRules, {}).preemptiveLeadMs).toBe(0);
});

test('a voice that silero alone saw stopping stopped earlier than it saw', () => {
  expect(delayMs({ ...read(1), lags: true })).toBe(
    delayMs(read(1)) - endpointingDelayRules.voiceActivityLagMs,
  );
});

test('a text that is due is waited for, and one that came empty is not', () => {
  const rules = { ...endpointingDelayRules, textTimeoutMs: 600 };
  expect(endpointingDelay(silent, rules, {})).toEqual({ delayMs: 600, preemptiveLeadMs: 0 });
  expect(endpointingDelay({ ...silent, textless: false }, rules, {}).delayMs).toBe(300);
});

test('people who pause long are given time, people who hardly pause are answered sooner', () => {
  const slow = { habit: pausing(...Array(20).fill(1100)) };
  const quick = { habit: pausing(...Array(20).fill(120)) };
  for (const signs of [silent, read(0), read(1.2)]) {
    expect(delayMs(signs, slow)).toBeGreaterThan(delayMs(signs));
    expect(delayMs(signs, quick)).toBeLessThan(delayMs(signs));
  }
});

test('one long pause is no habit yet', () => {
  expect(delayMs(silent, { habit: pausing(1500) })).toBeLessThan(320);
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
  expect(delayMs(read(0.5, 'siis'), { endings })).toBeGreaterThan(delayMs(read(0.5)));
  expect(delayMs(read(0.5, 'aitäh'), { endings })).toBeLessThan(delayMs(read(0.5)));
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
      fc.record({
        completeLogit: fc.double({ min: -4, max: 4, noNaN: true }),
        lastWord: fc.string(),
      }),
      { nil: undefined },
    ),
  });
  fc.assert(
    fc.property(signs, fc.array(fc.double()), (seen, pausesMs) => {
      const { delayMs: ms, preemptiveLeadMs } = endpointingDelay(seen, endpointingDelayRules, {
        habit: pausing(...pausesMs),
      });
      expect(ms).toBeGreaterThanOrEqual(150);
      expect(ms).toBeLessThanOrEqual(1200);
      expect(preemptiveLeadMs).toBeGreaterThanOrEqual(0);
    }),
  );
});
