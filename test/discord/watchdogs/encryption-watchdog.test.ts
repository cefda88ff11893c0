import { expect, test } from 'vitest';
import { EncryptionWatchdog } from '#src/discord/watchdogs/fault-detectors.ts';

const checkMs = 250;

/** When the group is reset within a minute in company, in whole seconds. */
function resetsInAMinute(isOpen: boolean, isWhole: boolean): number[] {
  const watchdog = new EncryptionWatchdog();
  const resets: number[] = [];
  for (let atMs = 0; atMs <= 60_000; atMs += checkMs) {
    if (watchdog.check(true, isOpen, isWhole, atMs).reset) resets.push(Math.round(atMs / 1000));
  }
  return resets;
}

test('a group that is not open is reset after 5 s and every 10 s, for nothing is heard that this could spoil', () => {
  expect(resetsInAMinute(false, true)).toEqual([5, 15, 25, 35, 45, 55]);
});

test('a group that lacks somebody is reset once: the others hear each other meanwhile', () => {
  expect(resetsInAMinute(true, false)).toEqual([10]);
});
