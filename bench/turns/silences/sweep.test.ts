import { expect, test } from 'vitest';
import { silencesOf } from './silences.ts';
import {
  cutOffAt,
  firedMs,
  gridOf,
  operatingPoint,
  type ScoredSilence,
  sweep,
  waitAt,
} from './sweep.ts';

/** A silence in which a detector says `early`, and from `sureFromMs` on `late`. */
function silence(
  kind: ScoredSilence['kind'],
  lengthMs: number,
  { early = 0, late = 0, sureFromMs = 0 } = {},
): ScoredSilence {
  const moments = Array.from({ length: lengthMs / 20 }, (_, n) => ({
    sinceMs: n * 20,
    silentMs: n * 20,
    score: n * 20 >= sureFromMs ? late : early,
  }));
  return { kind, lengthMs, moments };
}

const never = Number.POSITIVE_INFINITY;

test('every silence of at least 100 ms is a hold, and the last one the end of the turn', () => {
  const stretches = [
    [500, 900],
    [990, 1200],
    [1300, 1500],
    [2000, 2400],
  ] as const;
  expect(silencesOf(stretches, 4400)).toEqual([
    { kind: 'hold', fromMs: 1200, toMs: 1300 },
    { kind: 'hold', fromMs: 1500, toMs: 2000 },
    { kind: 'eot', fromMs: 2400, toMs: 4400 },
  ]);
  expect(silencesOf([], 4400)).toEqual([]);
});

test('a detector fires at its score after the delay, or at the timeout whatever the score', () => {
  const unsure = silence('hold', 800, { early: 0.2, late: 0.9, sureFromMs: 400 });
  expect(firedMs(unsure, { threshold: 0.5, delayMs: 100, timeoutMs: never })).toBe(400);
  expect(firedMs(unsure, { threshold: 0.5, delayMs: 600, timeoutMs: never })).toBe(600);
  expect(firedMs(unsure, { threshold: 0.5, delayMs: 0, timeoutMs: 300 })).toBe(300);
  expect(firedMs(unsure, { threshold: 1, delayMs: 0, timeoutMs: never })).toBeUndefined();
});

test('a score that comes only after somebody went on cuts nobody off', () => {
  const rule = { threshold: 0.5, delayMs: 0, timeoutMs: never };
  const late = silence('hold', 300, { late: 0.9, sureFromMs: 300 });
  const end = silence('eot', 2000, { late: 0.9, sureFromMs: 300 });
  expect(operatingPoint([late, end], rule)).toMatchObject({ cutOffShare: 0, waitMs: 300 });
});

test('an end that is never noticed waits as long as was listened', () => {
  const end = silence('eot', 2000);
  const rule = { threshold: 1, delayMs: 0, timeoutMs: never };
  expect(operatingPoint([end], rule)).toMatchObject({ cutOffShare: 0, waitMs: 2000 });
});

test('without a score, cut-offs at a wait are the holds that last longer, and the wait at a share their length', () => {
  const holds = [120, 200, 280, 360, 440, 520, 600, 680, 760, 840].map((ms) => silence('hold', ms));
  const silences = [...holds, silence('eot', 2000), silence('eot', 2000)];
  const points = sweep(silences, gridOf(silences));
  expect(cutOffAt(points, 300)).toMatchObject({ cutOffShare: 0.7, delayMs: 280 });
  expect(cutOffAt(points, 600)?.cutOffShare).toBe(0.3);
  expect(waitAt(points, 0.1)?.waitMs).toBe(760);
  expect(waitAt(points, 0.05)?.waitMs).toBe(840);
});

test('a score that tells holds from ends beats any delay, and the timeout saves ends it missed', () => {
  const silences = [
    ...[300, 500, 900].map((ms) => silence('hold', ms, { early: 0.1, late: 0.1 })),
    ...[1, 2, 3].map(() => silence('eot', 2000, { early: 0.1, late: 0.9, sureFromMs: 100 })),
    silence('eot', 2000, { early: 0.1, late: 0.1 }),
  ];
  const points = sweep(silences, gridOf(silences));
  expect(waitAt(points, 0)).toMatchObject({ waitMs: (3 * 100 + 900) / 4, timeoutMs: 900 });
  expect(cutOffAt(points, 100)?.cutOffShare).toBe(1);
});

test('the sweep tries what a single rule would reach', () => {
  const silences = [
    silence('hold', 400, { early: 0.3, late: 0.6, sureFromMs: 200 }),
    silence('eot', 2000, { early: 0.3, late: 0.8, sureFromMs: 160 }),
  ];
  for (const point of sweep(silences, gridOf(silences)).filter((_, n) => n % 97 === 0)) {
    const { threshold, delayMs, timeoutMs } = point;
    expect(operatingPoint(silences, { threshold, delayMs, timeoutMs })).toEqual(point);
  }
});
