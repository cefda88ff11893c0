import { BotError, type ErrorCode, type FailureServer } from '#src/base/errors.ts';
import { CircuitBreaker } from '#src/provider/fallback-chain.ts';
import { VirtualClock } from '#test/fakes/virtual-clock.ts';

const makeBroken = (code: ErrorCode = 'provider.refused', about: FailureServer = {}) =>
  new BotError(code, true, 'It broke.', undefined, undefined, about);

function openBreaker(failures = 2) {
  const clock = new VirtualClock();
  const breaker = new CircuitBreaker(
    { failures, firstRestMs: 5_000, maxRestMs: 20_000 },
    clock,
  );
  const failOnce = (error = makeBroken()) => breaker.recordFailure(error);
  return { clock, breaker, fail: failOnce };
}

test('each failed trial doubles the rest, up to the longest', async () => {
  const { clock, breaker, fail } = openBreaker(1);
  const rests: (number | undefined)[] = [];
  for (let n = 0; n < 4; n++) {
    fail();
    const { restMs = 0 } = breaker.currentRest ?? {};
    rests.push(restMs);
    await clock.advance(restMs);
  }
  expect(rests).toEqual([5_000, 10_000, 20_000, 20_000]);
});

test.each([
  ['a refused key', makeBroken('provider.bad_key', { status: 401 }), 5_000],
  ['a model that is gone', makeBroken('provider.refused', { status: 404 }), 5_000],
  ['a spent quota', makeBroken('provider.spent', {}), 60_000],
  [
    'a quota that opens again in 8 h',
    makeBroken('provider.spent', { retryAfterMs: 28_800_000 }),
    3_600_000,
  ],
  [
    'a wait of 120 s',
    makeBroken('provider.rate_limited', { retryAfterMs: 120_000 }),
    120_000,
  ],
])('%s opens it at once', (_, error, restMs) => {
  const { breaker, fail } = openBreaker(3);
  fail(error);
  expect(breaker.currentRest).toEqual({ reason: error, restMs });
});
