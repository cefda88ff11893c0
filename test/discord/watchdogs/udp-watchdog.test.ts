import { expect, test } from 'vitest';
import { UdpWatchdog } from '#src/discord/watchdogs/fault-detectors.ts';

/** Requests once a second from `fromMs` on, up to and with `toMs`. */
function requests(watchdog: UdpWatchdog, fromMs: number, toMs: number): void {
  for (let atMs = fromMs; atMs <= toMs; atMs += 1_000) watchdog.requested(atMs);
}

function answering(): UdpWatchdog {
  const watchdog = new UdpWatchdog();
  watchdog.answered('1.2.3.4:5');
  watchdog.requested(0);
  watchdog.answered('1.2.3.4:5');
  return watchdog;
}

test('a UDP path is dead when a server that used to answer is silent for ten seconds', () => {
  const watchdog = answering();
  requests(watchdog, 1_000, 10_000);
  expect(watchdog.fault(10_900)).toBeUndefined();
  expect(watchdog.proven).toBe(false);
  expect(watchdog.fault(11_000)).toMatch(/unanswered for 10 s/);
  watchdog.answered('1.2.3.4:5');
  expect(watchdog.fault(11_000)).toBeUndefined();
});

test('a server that never answers on an open link proves nothing by its silence', () => {
  const watchdog = new UdpWatchdog();
  watchdog.answered('1.2.3.4:5');
  requests(watchdog, 0, 600_000);
  expect(watchdog.fault(600_000)).toBeUndefined();
  expect(watchdog.proven).toBe(false);
});

test('a stall of the process for a minute is no dead UDP path', () => {
  const watchdog = answering();
  watchdog.requested(1_000);
  expect(watchdog.fault(61_000)).toBeUndefined();
  requests(watchdog, 61_000, 64_000);
  expect(watchdog.fault(64_000)).toBeUndefined();
});

test('an outside address that changes shows that the mapping of the socket has moved', () => {
  const watchdog = answering();
  watchdog.requested(1_000);
  watchdog.answered('1.2.3.4:6');
  expect(watchdog.fault(1_010)).toMatch(/has changed/);
});
