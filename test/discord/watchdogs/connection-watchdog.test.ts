import '#src/discord/library/sodium.ts';
import { VoiceConnectionStatus } from '@discordjs/voice';
import { expect, test } from 'vitest';
import { ConnectionWatchdog } from '#src/discord/watchdogs/fault-detectors.ts';

const { Ready, Signalling, Connecting } = VoiceConnectionStatus;
const everyMs = 250;

test('a link that was ready and is not for 400 ms is down until it is ready again', () => {
  const watchdog = new ConnectionWatchdog();
  expect(watchdog.check(Ready, 0)).toBe('up');
  for (let atMs = everyMs; atMs <= 500; atMs += everyMs) {
    expect(watchdog.check(Signalling, atMs)).toBe('pending');
  }
  expect(watchdog.check(Connecting, 750)).toEqual({
    fault: 'The voice link has been connecting for 0.5 s.',
  });
  expect(watchdog.check(Ready, 1_000)).toBe('up');
  expect(watchdog.check(Signalling, 1_250)).toBe('pending');
});

test('a link that is being opened is not down', () => {
  const watchdog = new ConnectionWatchdog();
  for (let atMs = 0; atMs <= 60_000; atMs += everyMs) {
    expect(watchdog.check(Connecting, atMs)).toBe('pending');
  }
});

test('a stall of the process for a minute is no link that is down', () => {
  const watchdog = new ConnectionWatchdog();
  watchdog.check(Ready, 0);
  watchdog.check(Signalling, 250);
  expect(watchdog.check(Signalling, 60_250)).toBe('pending');
});
