import { expect, test } from 'vitest';
import { chooseWrite, demandPerMs, type WriteUrgency } from '#src/discord/captions/pacing.ts';
import {
  afterAnswer,
  afterRefusal,
  afterRequest,
  assumedBudget,
  budgetAt,
  type RateBudget,
  readRateLimitHeaders,
} from '#src/discord/captions/rate-budget.ts';

/** Message sent at 10 s, or the time until which it waits. */
function chosen(
  waiting: readonly (readonly [WriteUrgency, number])[],
  { budget = assumedBudget, perMinute = 0, lastMs = 9_000 } = {},
) {
  const candidates = waiting.map(([urgency, sinceMs]) => ({ urgency, sinceMs }));
  const pace = { budget, sentAtMs: lastMs, wholeAtMs: lastMs, demandPerMs: perMinute / 60_000 };
  const choice = chooseWrite(candidates, pace, 10_000);
  return choice.kind === 'send' ? candidates[choice.index]?.urgency : choice;
}

const left = (remaining: number, resetAtMs = 13_000): RateBudget => {
  return { limit: 5, windowMs: 5_000, remaining, resetAtMs };
};

test('whole texts go first, then the panel, then messages by themselves, and partial texts last', () => {
  const all = (['partial', 'plain', 'panel', 'whole'] as const).map(
    (kind) => [kind, 9_900] as const,
  );
  expect(chosen(all)).toBe('whole');
  expect(chosen(all.slice(0, 3))).toBe('panel');
  expect(chosen(all.slice(0, 2))).toBe('plain');
  expect(chosen(all.slice(0, 1))).toBe('partial');
  expect(chosen([])).toEqual({ kind: 'idle' });
});

test('a panel that waited for 3.6 s goes before whole texts', () => {
  expect(
    chosen([
      ['whole', 9_000],
      ['panel', 6_401],
    ]),
  ).toBe('whole');
  expect(
    chosen([
      ['whole', 9_000],
      ['panel', 6_400],
    ]),
  ).toBe('panel');
});

test('the last request of a window is the panel’s where the next window would be too late for it', () => {
  const waiting = [
    ['whole', 9_900],
    ['panel', 9_000],
  ] as const;
  expect(chosen(waiting, { budget: left(1, 13_400) })).toBe('panel');
  expect(chosen(waiting, { budget: left(1, 13_200) })).toBe('whole');
});

test('with no request left all wait for the end of the window', () => {
  expect(
    chosen(
      [
        ['whole', 9_000],
        ['panel', 1_000],
      ],
      { budget: left(0) },
    ),
  ).toEqual({
    kind: 'wait',
    untilMs: 13_000,
  });
});

test('under a light load a whole text never waits while there is enough', () => {
  expect(chosen([['whole', 10_000]], { budget: left(2), perMinute: 30, lastMs: 9_990 })).toBe(
    'whole',
  );
});

test('under a heavy load whole texts are spread over what is left of the window', () => {
  const budget = left(3, 14_000);
  expect(chosen([['whole', 9_990]], { budget, perMinute: 120, lastMs: 10_000 })).toEqual({
    kind: 'wait',
    untilMs: 11_000,
  });
  expect(chosen([['whole', 9_990]], { budget, perMinute: 120, lastMs: 8_000 })).toBe('whole');
});

test('partial texts leave four requests of each window to whole ones, and none is lost after 30 s', () => {
  expect(chosen([['partial', 9_000]], { budget: left(5), lastMs: 0 })).toBe('partial');
  expect(chosen([['partial', 9_000]], { budget: left(4), lastMs: 0 })).toMatchObject({
    kind: 'wait',
  });
  expect(chosen([['partial', 9_000]], { perMinute: 120 })).toMatchObject({ kind: 'wait' });
  expect(chosen([['partial', -20_000]], { budget: left(2) })).toBe('partial');
});

test('demand is that of the last 10 s, or of the last 2 s where it has just begun', () => {
  expect(demandPerMs([], 60_000)).toBe(0);
  expect(demandPerMs([51_000, 53_000, 55_000], 60_000)).toBe(3 / 10_000);
  expect(demandPerMs([58_500, 59_000, 59_500, 60_000], 60_000)).toBe(1 / 1_000);
});

test('a window begins with its first request, and is full again after its end', () => {
  const one = afterRequest(assumedBudget, 100);
  expect(one).toEqual({ limit: 5, windowMs: 5_000, remaining: 4, resetAtMs: 5_155 });
  expect(afterRequest(one, 200)).toMatchObject({ remaining: 3, resetAtMs: 5_155 });
  expect(budgetAt(one, 5_154).remaining).toBe(4);
  expect(budgetAt(one, 5_155).remaining).toBe(5);
});

test('limits are learned from the headers of answers, and a refusal empties the window', () => {
  const headers = new Headers({
    'x-ratelimit-limit': '10',
    'x-ratelimit-remaining': '9',
    'x-ratelimit-reset-after': '2.5',
    'x-ratelimit-bucket': 'abc',
  });
  const reported = readRateLimitHeaders(headers);
  expect(reported).toEqual({ limit: 10, remaining: 9, resetAfterMs: 2_500, bucket: 'abc' });
  if (!reported) return;
  const learned = afterAnswer(assumedBudget, reported, 1_000);
  expect(learned).toEqual({ limit: 10, windowMs: 2_500, remaining: 9, resetAtMs: 3_555 });
  expect(afterRefusal(learned, 8_000, 1_000)).toMatchObject({ remaining: 0, resetAtMs: 9_055 });
});

test.each(['', 'NaN', '-1', '1e99', 'Infinity'])(
  'a broken header (%j) teaches nothing',
  (remaining) => {
    const headers = new Headers({ 'x-ratelimit-limit': '5', 'x-ratelimit-reset-after': '1' });
    if (remaining) headers.set('x-ratelimit-remaining', remaining);
    expect(readRateLimitHeaders(headers)).toBeUndefined();
  },
);
