import type { Clock } from '#src/base/clock.ts';
import { Breaker, type BreakerRules, FallbackChain } from '#src/provider/fallback-chain.ts';
import { good } from '#test/config/read-settings.ts';

type ChainOptions = ConstructorParameters<typeof FallbackChain>[0];

export type FakeChain<E> = {
  readonly chain: FallbackChain<E>;
  readonly breakers: readonly Breaker[];
};

const rules: BreakerRules = { failures: 1, firstRestMs: 5_000, longestRestMs: 60_000 };

/** A ladder of these engines, called `server 0`, `server 1` and so on. */
export function chainOf<E>(
  role: ChainOptions['role'],
  engines: readonly E[],
  clock: Clock,
): FakeChain<E> {
  const fallbacks = engines.map((engine, n) => ({
    provider: `server ${n}`,
    breaker: new Breaker(rules, clock),
    engine: () => engine,
  }));
  const chain = new FallbackChain({
    role,
    fallbacks,
    clock,
    deadlines: good({}).deadlines[role],
    report: () => undefined,
  });
  return { chain, breakers: fallbacks.map(({ breaker }) => breaker) };
}
