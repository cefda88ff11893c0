import { expect, test } from 'vitest';
import { GroupRecovery } from '#src/discord/watchdogs/group-recovery.ts';

function open() {
  const log = { resets: 0 };
  const recovery = new GroupRecovery(() => log.resets++);
  /** One frame every 20 ms for `ms`; the instant of the first reset. */
  const fail = (speakerId: string, fromMs: number, ms: number): number | undefined => {
    for (let atMs = fromMs; atMs < fromMs + ms; atMs += 20) {
      if (recovery.failed(speakerId, atMs)) return atMs;
    }
    return undefined;
  };
  return { log, recovery, fail };
}

test('somebody who could be decoded and cannot any more has the group reset within two seconds', () => {
  const { recovery, fail } = open();
  recovery.opened('ann');
  const atMs = fail('ann', 0, 10_000);
  expect(atMs).toBeGreaterThanOrEqual(1_000);
  expect(atMs).toBeLessThanOrEqual(2_000);
});

test('one person who is decoded does not hide another who is not', () => {
  const { log, recovery, fail } = open();
  recovery.opened('ann');
  recovery.opened('ben');
  for (let atMs = 0; atMs < 2_000; atMs += 20) {
    fail('ann', atMs, 20);
    recovery.opened('ben');
  }
  expect(log.resets).toBe(1);
});

test('what a change of keys costs resets nothing', () => {
  const { log, recovery, fail } = open();
  for (let n = 0; n < 100; n++) {
    recovery.opened('ann');
    fail('ann', n * 5_000, 24 * 20);
  }
  expect(log.resets).toBe(0);
});

test('who never sent a frame that could be opened resets nothing, however many they send', () => {
  const { log, fail } = open();
  fail('mallory', 0, 3_600_000);
  expect(log.resets).toBe(0);
});

test('the group is reset at most once in thirty seconds', () => {
  const { log, recovery } = open();
  for (let atMs = 0; atMs < 60_000; atMs += 20) {
    if (atMs % 1_500 < 100) recovery.opened('mallory');
    else recovery.failed('mallory', atMs);
  }
  expect(log.resets).toBe(2);
});
