import { expect, test } from 'vitest';
import { RejoinLimit } from '#src/discord/link/voice-link-opener.ts';

test('a watchdog rejoins a channel at most once in five minutes', () => {
  const limit = new RejoinLimit();
  expect(limit.take('lobby', 'udp-dead', 0)).toBe(true);
  expect(limit.take('lobby', 'udp-dead', 299_999)).toBe(false);
  expect(limit.take('attic', 'udp-dead', 1_000)).toBe(true);
  expect(limit.take('lobby', 'udp-dead', 300_000)).toBe(true);
});

test('another watchdog rejoins the same channel a minute later, so that a second fault does not leave it deaf', () => {
  const limit = new RejoinLimit();
  expect(limit.take('lobby', 'udp-dead', 0)).toBe(true);
  expect(limit.take('lobby', 'encryption-unsettled', 59_999)).toBe(false);
  expect(limit.take('lobby', 'encryption-unsettled', 60_000)).toBe(true);
  expect(limit.take('lobby', 'udp-dead', 299_999)).toBe(false);
});

test('for encryption that does not settle a channel is rejoined at most once in ten minutes', () => {
  const limit = new RejoinLimit();
  expect(limit.take('lobby', 'encryption-unsettled', 0)).toBe(true);
  expect(limit.take('lobby', 'encryption-unsettled', 599_999)).toBe(false);
  expect(limit.take('lobby', 'encryption-unsettled', 600_000)).toBe(true);
});
