import { expect, test } from 'vitest';
import { type Endings, leaning, learnEnding, noEndings } from '#src/turn/endpointing/endings.ts';
import {
  endpointingDelay,
  endpointingDelayRules,
  type SpeakerHabits,
} from '#src/turn/endpointing/endpointing-delay.ts';
import { learnPause, slownessMs, unknownHabit } from '#src/turn/endpointing/habit.ts';

const read = (completeLogit: number, person: SpeakerHabits = {}) => {
  const reading = { completeLogit, lastWord: 'word' };
  return endpointingDelay(
    { closed: true, lags: false, textless: false, reading },
    endpointingDelayRules,
    person,
  );
};

test('the wait follows how finished a text sounds in straight lines between eight points', () => {
  const points = [
    ...[
      [-9, 1200],
      [-3, 1200],
      [-2.5, 1075],
      [-2, 950],
      [-1, 700],
      [-0.5, 590],
      [0, 480],
    ],
    ...[
      [0.2, 450],
      [0.4, 420],
      [0.6, 395],
      [0.8, 370],
      [1.6, 310],
      [2.3, 290],
      [3, 270],
      [9, 270],
    ],
  ];
  for (const [logit = 0, delayMs = 0] of points)
    expect(read(logit).delayMs).toBeCloseTo(delayMs, 6);
});

test('from even odds to a logit of 0.3 the time to prepare an answer grows to 400 ms', () => {
  expect([-1, 0, 0.15, 0.3, 2].map((logit) => Math.round(read(logit).preemptiveLeadMs))).toEqual([
    ...[0, 0, 200, 400, 400],
  ]);
});

test('without any text an answer is prepared 120 ms before the end', () => {
  const signs = { closed: true, lags: true, textless: true };
  expect(endpointingDelay(signs, endpointingDelayRules, {})).toEqual({
    delayMs: 300,
    preemptiveLeadMs: 120,
  });
});

test('a habit changes a wait without text by half its slowness, from 50 ms less to 200 more', () => {
  const signs = { closed: true, lags: false, textless: true };
  const waits = [-400, -100, -60, 0, 60, 300, 400, 900].map((slowMs) => {
    const habit = { pauses: 6, typicalMs: unknownHabit.typicalMs + slowMs };
    return endpointingDelay(signs, endpointingDelayRules, { habit }).delayMs;
  });
  expect(waits).toEqual([250, 250, 270, 300, 330, 450, 500, 500]);
});

test('a habit counts with a text as half a second to one unit of logit, within bounds', () => {
  const over = (slowMs: number) => {
    const habit = { pauses: 6, typicalMs: unknownHabit.typicalMs + slowMs };
    return read(0.5, { habit }).delayMs;
  };
  expect(over(250)).toBeCloseTo(read(0).delayMs, 6);
  expect(over(900)).toBeCloseTo(read(-0.3).delayMs, 6);
  expect(over(-100)).toBeCloseTo(read(0.7).delayMs, 6);
  expect(over(-350)).toBeCloseTo(read(0.9).delayMs, 6);
});

test('six pauses make a habit, and fewer count in part', () => {
  expect(slownessMs({ pauses: 3, typicalMs: 850 })).toBe(200);
  expect(slownessMs({ pauses: 6, typicalMs: 850 })).toBe(400);
});

test('a pause moves the habit up by 80 ms or down by 20, and stops counting at six', () => {
  expect(learnPause(unknownHabit, 451)).toEqual({ pauses: 1, typicalMs: 530 });
  const less = learnPause(unknownHabit, 450);
  expect(less.pauses).toBe(1);
  expect(less.typicalMs).toBeCloseTo(430, 6);
  expect(learnPause({ pauses: 6, typicalMs: 450 }, 500).pauses).toBe(6);
});

test('what is shorter than 80 ms is no pause and what is longer than 2 s no habit', () => {
  for (const pausedMs of [79, 2001, Number.NaN])
    expect(learnPause(unknownHabit, pausedMs)).toBe(unknownHabit);
  expect([80, 2000].map((pausedMs) => learnPause(unknownHabit, pausedMs).pauses)).toEqual([1, 1]);
  expect(learnPause({ pauses: 1, typicalMs: 1990 }, 2000).typicalMs).toBe(2000);
  expect(learnPause({ pauses: 1, typicalMs: 90 }, 80).typicalMs).toBeCloseTo(80, 6);
});

test('of an ending two meetings count for nothing, and its pull is at most 1.5', () => {
  let endings: Endings = learnEnding(noEndings, 'ja', 'ended');
  expect(endings.get('ja')).toEqual({ ended: 1, wentOn: 0 });
  expect(leaning(endings, 'ja')).toBeCloseTo(Math.log(1.5), 9);
  endings = learnEnding(endings, 'ja', 'went-on');
  expect(endings.get('ja')).toEqual({ ended: 1, wentOn: 1 });
  expect(leaning(endings, 'ja')).toBe(0);
  for (let n = 0; n < 30; n++) endings = learnEnding(endings, 'und', 'went-on');
  for (let n = 0; n < 30; n++) endings = learnEnding(endings, 'danke', 'ended');
  expect([leaning(endings, 'und'), leaning(endings, 'danke')]).toEqual([-1.5, 1.5]);
});

test('an utterance without a last word teaches nothing', () => {
  expect(learnEnding(noEndings, '', 'ended')).toBe(noEndings);
});

test('at 64 meetings both counts are halved', () => {
  const endings: Endings = new Map([['so', { ended: 40, wentOn: 24 }]]);
  expect(learnEnding(endings, 'so', 'went-on').get('so')).toEqual({ ended: 20, wentOn: 13 });
  const fewer: Endings = new Map([['so', { ended: 40, wentOn: 23 }]]);
  expect(learnEnding(fewer, 'so', 'ended').get('so')).toEqual({ ended: 41, wentOn: 23 });
});

test('of 500 words the one not met for longest is forgotten for a new one', () => {
  let endings: Endings = noEndings;
  for (let n = 0; n < 500; n++) endings = learnEnding(endings, `word${n}`, 'ended');
  expect(endings.size).toBe(500);
  endings = learnEnding(learnEnding(endings, 'word0', 'ended'), 'new', 'ended');
  expect([endings.has('word0'), endings.has('word1'), endings.has('new')]).toEqual([
    ...[true, false, true],
  ]);
});
