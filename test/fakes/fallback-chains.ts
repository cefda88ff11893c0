import type { Clock } from '#src/base/clock.ts';
import {
  CircuitBreaker,
  type CircuitBreakerRules,
  FallbackChain,
} from '#src/provider/fallback-chain.ts';
import { readGoodSettings } from '#test/config/read-settings.ts';

type ChainOptions = ConstructorParameters<typeof FallbackChain>[0];

export type FakeChain<E> = {
  readonly chain: FallbackChain<E>;
  readonly breakers: readonly CircuitBreaker[];
};

const chainRules: CircuitBreakerRules = {
  failures: 1,
  firstRestMs: 5_000,
  maxRestMs: 60_000,
};

/** A ladder of these engines, called `server 0`, `server 1` and so on. */
export function makeChain<E>(
  role: ChainOptions['role'],
  engines: readonly E[],
  clock: Clock,
): FakeChain<E> {
  const fallbacks = engines.map((engine, n) => ({
    provider: `server ${n}`,
    breaker: new CircuitBreaker(chainRules, clock),
    engine,
  }));
  const chain = new FallbackChain({
    role,
    fallbacks,
    clock,
    deadlines: readGoodSettings({}).engines.deadlines[role],
    report: () => undefined,
  });
  return { chain, breakers: fallbacks.map(({ breaker }) => breaker) };
}
