import { expect, test } from 'vitest';
import {
  slowFromMs,
  stepWaiting,
  type WaitingEffect,
  waitingRules,
  waitSince,
} from '#src/turn/waiting.ts';
import { fc } from '#test/properties.ts';

/** Effects, each with its time, when checked every `stepMs`. */
function effects(untilMs: number, stepMs = 20): [WaitingEffect, number][] {
  let waiting = waitSince(0, waitingRules);
  const done: [WaitingEffect, number][] = [];
  for (let atMs = 0; atMs <= untilMs; atMs += stepMs) {
    const step = stepWaiting(waiting, atMs, waitingRules);
    waiting = step.waiting;
    if (step.effect) done.push([step.effect, atMs]);
  }
  return done;
}

test('an answer that starts in time has no cue at all', () => {
  expect(effects(680)).toEqual([]);
});

test('a slow answer ticks, says one moment once, has a low pad after 8 s, and is given later in the end', () => {
  expect(effects(30_000)).toEqual([
    ['tick', 700],
    ['tick', 1900],
    ['moment', 2500],
    ['tick', 3700],
    ['tick', 4900],
    ['tick', 6100],
    ['tick', 7300],
    ...[8500, 10_000, 11_500].map((atMs) => ['pad', atMs]),
    ['later', 12_000],
  ]);
});

test('however seldom one looks, nothing is said twice and ticks keep their distance', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 5_000 }), (stepMs) => {
      const all = effects(40_000, stepMs);
      for (const once of ['moment', 'later']) {
        expect(all.filter(([effect]) => effect === once).length).toBeLessThanOrEqual(1);
      }
      const ticks = all.flatMap(([effect, atMs]) => (effect === 'tick' ? [atMs] : []));
      for (const [n, atMs] of ticks.slice(1).entries()) {
        expect(atMs - (ticks[n] ?? 0)).toBeGreaterThanOrEqual(waitingRules.everyMs);
      }
    }),
    { numRuns: 60 },
  );
});

test('an answer is slow after 8 s at first, then after twice the usual wait, and 4 s at least', () => {
  expect(slowFromMs([])).toBe(8_000);
  expect(slowFromMs([300, 400])).toBe(8_000);
  expect(slowFromMs([300, 20_000, 400])).toBe(4_000);
  expect(slowFromMs([9_000, 300, 3_000, 4_000, 5_000])).toBe(8_000);
});
