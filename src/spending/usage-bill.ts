import type { Usage } from '#src/chat/ports.ts';
import type { ServedBy } from '#src/provider/models/served-by.ts';
import type { SpokenUsage } from '#src/speech/fallbacks/metered-voice.ts';
import type { EngineUsage } from '#src/speech/ports.ts';
import type { RolePrice } from '#src/spending/prices/prices.ts';
import type { UsageMeter } from './budget-authority.ts';
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
export function workOf(took: EngineUsage | undefined, estimate: Use): UsageCount {
  const count = took?.count;
  return { uses: count ? [count, estimate] : [estimate], by: took?.by };
}

/** What is written is no talk, but of what has no price the time is all that a cap can hold. */
export function asTalk(sum: Partial<Sum>, { uses }: UsageCount): Partial<Sum> {
  const [use] = uses;
  return sum.unpriced && use?.kind === 'tokens'
    ? { ...sum, ms: writtenTime(use.outputTokens) }
    : sum;
}

/** What counted work takes at this price, `ms` of talk included; undefined: nothing. `usual`: price of the engine that was meant. */
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

/** Where a bill is paid. */
export interface UsageSink {
  pay(what: 'think' | 'speak', work: UsageCount): void;
  /** Reports `ms` of talk with a server. */
  talked(ms: number): void;
  turn(): void;
  done(): void;
}

/** Usage of one answer. Sound and words of it come from different ends, so each is counted apart. */
export class AnswerUsage implements UsageMeter {
  readonly #till: UsageSink;
  #isWanted = false;
  #isClosed = false;

  constructor(till: UsageSink) {
    this.#till = till;
  }

  used(usage: Usage): void {
    if (usage.inputTokens === 0 && usage.outputTokens === 0) return; // refused
    const { by, ...tokens } = usage;
    this.#till.pay('think', { uses: [{ ...tokens, kind: 'tokens' }], by });
  }

  spoke({ took, ...spoken }: SpokenUsage): void {
    this.#till.pay('speak', workOf(took, { ...spoken, kind: 'spoken' }));
  }

  sounded(ms: number): void {
    this.#till.talked(ms);
  }

  wanted(): void {
    if (this.#isWanted) return;
    this.#isWanted = true;
    this.#till.turn();
  }

  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#till.done();
  }
}
