import { expect, test } from 'vitest';
import {
  type AutoJoinChannel,
  chooseAutoJoin,
  judgeFollow,
  uncalledJoinAtMs,
} from '#src/people/auto-join-rules.ts';
import { fc } from '#test/properties.ts';

const channel = (channelId: string, over: Partial<AutoJoinChannel> = {}): AutoJoinChannel => ({
  channelId,
  joining: { kind: 'fine' },
  heard: 0,
  unasked: 0,
  isSentAway: false,
  ...over,
});

test('it comes to the channel with the most people it may hear, then with the most it can ask, then to the first', () => {
  const chosen = (one: Partial<AutoJoinChannel>, other: Partial<AutoJoinChannel>) =>
    chooseAutoJoin([channel('one', one), channel('other', other)], undefined);
  expect(chosen({ heard: 1 }, { heard: 2 })).toBe('other');
  expect(chosen({ heard: 1, unasked: 5 }, { heard: 2 })).toBe('other');
  expect(chosen({ heard: 1, unasked: 1 }, { heard: 1, unasked: 2 })).toBe('other');
  expect(chosen({ heard: 1 }, { heard: 1 })).toBe('one');
});

test('it leaves nobody for another channel, and goes where people are once it is alone', () => {
  const den = [channel('den', { heard: 9 })];
  expect(chooseAutoJoin(den, { channelId: 'lounge', company: 1 })).toBeUndefined();
  expect(chooseAutoJoin(den, { channelId: 'lounge', company: 0 })).toBe('den');
});

test.each([
  ['everybody there said no or nobody is there', {}],
  ['somebody sent it away and the channel was never empty since', { heard: 1, isSentAway: true }],
  ['it may not connect there', { heard: 1, joining: { kind: 'no-connect' } }],
  ['it is the AFK channel', { heard: 1, joining: { kind: 'afk' } }],
  ['the channel is gone', { heard: 1, joining: undefined }],
] as const)('it does not come where %s', (_, over) => {
  expect(chooseAutoJoin([channel('den', over)], undefined)).toBeUndefined();
});

test('it comes to a stage as audience, and to people who are still to be asked', () => {
  expect(chooseAutoJoin([channel('a', { heard: 1, joining: { kind: 'stage' } })], undefined)).toBe(
    'a',
  );
  expect(chooseAutoJoin([channel('a', { unasked: 1 })], undefined)).toBe('a');
});

const free = { joining: { kind: 'fine' }, mayEnter: true, othersHeard: 0, isDj: false } as const;

test('it follows its caller, but not where one of both may not go, nor away from others it hears unless for a DJ', () => {
  expect(judgeFollow(free)).toBe('follow');
  expect(judgeFollow({ ...free, mayEnter: false })).toBe('barred');
  expect(judgeFollow({ ...free, joining: { kind: 'no-view' }, isDj: true })).toBe('barred');
  expect(judgeFollow({ ...free, joining: undefined })).toBe('barred');
  expect(judgeFollow({ ...free, othersHeard: 1 })).toBe('others');
  expect(judgeFollow({ ...free, othersHeard: 1, isDj: true })).toBe('follow');
});

test('the first uncalled join is made at once, the second after the reason has held for 1.2 s', () => {
  expect(uncalledJoinAtMs([], 500)).toBe(500);
  expect(uncalledJoinAtMs([0], 500)).toBe(1_700);
  expect(uncalledJoinAtMs([0], 15_000)).toBe(15_000);
});

test('whatever the hops of 10 s, they lead to three uncalled joins at most', () => {
  const waits = fc.array(fc.integer({ min: 0, max: 10_000 }), { minLength: 1, maxLength: 60 });
  fc.assert(
    fc.property(waits, (instants) => {
      const hops = instants.toSorted((one, other) => one - other);
      let joined: number[] = [];
      for (const [n, atMs] of hops.entries()) {
        const joinAtMs = uncalledJoinAtMs(joined, atMs);
        const isUnbroken = joinAtMs <= (hops[n + 1] ?? Number.POSITIVE_INFINITY);
        if (isUnbroken) joined = [...joined, joinAtMs];
      }
      expect(joined.length).toBeLessThanOrEqual(3);
      expect(joined.at(-1)).toBeGreaterThanOrEqual(hops.at(-1) ?? 0);
    }),
  );
});
