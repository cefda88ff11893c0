import { expect, test } from 'vitest';
import { RejoinLimit } from '#src/discord/watchdogs/rejoin-limit.ts';

test('watchdogs rejoin a channel at most once in five minutes, whichever of them asks', () => {
  const limit = new RejoinLimit();
  expect(limit.take('lobby', 'udp-dead', 0)).toBe(true);
  expect(limit.take('lobby', 'udp-dead', 299_999)).toBe(false);
  expect(limit.take('lobby', 'frames-stuck', 299_999)).toBe(false);
  expect(limit.take('attic', 'udp-dead', 1_000)).toBe(true);
  expect(limit.take('lobby', 'frames-stuck', 300_000)).toBe(true);
});

test('for encryption that does not settle a channel is rejoined at most once in ten minutes', () => {
  const limit = new RejoinLimit();
  expect(limit.take('lobby', 'encryption-unsettled', 0)).toBe(true);
  expect(limit.take('lobby', 'encryption-unsettled', 599_999)).toBe(false);
  expect(limit.take('lobby', 'encryption-unsettled', 600_000)).toBe(true);
});
