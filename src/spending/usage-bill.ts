import type { ServedBy } from '#src/provider/models/served-by.ts';
import type { EngineUsage } from '#src/speech/ports.ts';
import type { RolePrice } from '#src/spending/prices/prices.ts';
import { costOf, type Use } from './cost.ts';
import type { Sum } from './ledger/ledger-day.ts';
import { writtenTime } from './tariff.ts';

/** Counted work, in one or two ways: the first of them that has a price is paid. */
export type UsageCount = {
  readonly uses: readonly Use[];
  /** Engine that did the work; undefined: the usual one. */
  readonly by: ServedBy | undefined;
};

/** Counted work of an engine: by its own report, or else by our estimate. */
export function workOf(usage: EngineUsage | undefined, estimate: Use): UsageCount {
  const count = usage?.count;
  return { uses: count ? [count, estimate] : [estimate], by: usage?.by };
}

/** Counts unpriced text as talk time: writing is no talk, but a cap can limit only its time. */
export function asTalk(sum: Partial<Sum>, { uses }: UsageCount): Partial<Sum> {
  const [use] = uses;
  return sum.unpriced && use?.kind === 'tokens'
    ? { ...sum, ms: writtenTime(use.outputTokens) }
    : sum;
}

/** Sum of counted work at this price, `ms` of talk included; undefined: none. `usual`: price of the engine that was meant. */
export function takenBy(
  { uses }: UsageCount,
  rate: RolePrice,
  usual: RolePrice,
  ms: number,
): { readonly sum: Partial<Sum>; readonly isFree: boolean } | undefined {
  const rounded = Math.round(ms);
  const isTalk = rounded > 0 && usual.kind !== 'free';
  if (rate.kind === 'free') return isTalk ? { sum: { ms: rounded }, isFree: true } : undefined;
  const nanoUsd = uses.map((use) => costOf(use, rate)).find((cost) => cost !== undefined);
  const taken = nanoUsd === undefined ? { unpriced: 1 } : { nanoUsd };
  return { sum: { ...taken, ms: rounded }, isFree: false };
}
