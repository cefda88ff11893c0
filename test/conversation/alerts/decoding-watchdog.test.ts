import { expect, test } from 'vitest';
import { DecodingWatchdog } from '#src/conversation/alerts/decoding-watchdog.ts';

test('a new link is tried twelve seconds after the first sound that was lost, once in ten minutes', () => {
  const watchdog = new DecodingWatchdog();
  watchdog.missed('ann', 20, 1_000);
  expect(watchdog.rejoins(20_000)).toBe(false);
  expect(watchdog.missed('ann', 5_000, 6_000)).toMatchObject({ kind: 'raised', rejoins: true });
  expect(watchdog.rejoins(12_999)).toBe(false);
  expect(watchdog.rejoins(13_000)).toBe(true);
  expect(watchdog.rejoins(612_999)).toBe(false);
  expect(watchdog.rejoins(613_000)).toBe(true);
});

test('somebody who can be decoded again before that is no reason for a new link', () => {
  const watchdog = new DecodingWatchdog();
  watchdog.missed('ann', 5_000, 0);
  watchdog.missed('ben', 5_000, 0);
  expect(watchdog.decoded('ann')).toBeUndefined();
  expect(watchdog.decoded('ben')).toEqual({ kind: 'cleared' });
  expect(watchdog.rejoins(60_000)).toBe(false);
});

test('an utterance that cannot be decoded over a new link is told of again', () => {
  const watchdog = new DecodingWatchdog();
  watchdog.missed('ann', 1_200, 1_200);
  expect(watchdog.endedUtterances(1_700)).toEqual(['ann']);
  watchdog.missed('ann', 20, 5_020);
  watchdog.missed('ann', 1_000, 6_000);
  expect(watchdog.endedUtterances(6_500)).toEqual(['ann']);
  expect(watchdog.endedUtterances(7_000)).toEqual([]);
});
