import type { Clock } from '#src/base/clock.ts';
import { Breaker, type BreakerRules } from '#src/provider/breaker.ts';
import { deadlines } from '#src/provider/deadlines.ts';
import { FallbackChain } from '#src/provider/fallback-chain.ts';
import type { ProviderNews, ProviderRole } from '#src/provider/provider-news.ts';

export type FakeChain<E> = {
  readonly chain: FallbackChain<E>;
  readonly breakers: readonly Breaker[];
};

const rules: BreakerRules = { failures: 1, firstRestMs: 5_000, longestRestMs: 60_000 };

/** A ladder of these engines, called `server 0`, `server 1` and so on. */
export function chainOf<E>(
  role: ProviderRole,
  engines: readonly E[],
  clock: Clock,
  report: (news: ProviderNews) => void = () => undefined,
): FakeChain<E> {
  const fallbacks = engines.map((engine, n) => ({
    provider: `server ${n}`,
    breaker: new Breaker(rules, clock),
    engine: () => engine,
  }));
  const retries = role !== 'text to speech';
  const chain = new FallbackChain({
    role,
    fallbacks,
    clock,
    deadlines: deadlines[role],
    retries,
    report,
  });
  return { chain, breakers: fallbacks.map(({ breaker }) => breaker) };
}
