import type { Clock } from '#src/base/clock.ts';
import { BotError } from '#src/base/errors.ts';
import type { PortionStore } from '#src/spending/ledger/total-portion.ts';
import type { MemorySpending } from './spending.ts';

/** Portions in memory, of processes that spend into one book. */
export class MemoryPortions {
  isAway = false;
  requests = 0;
  readonly #spending: MemorySpending;
  readonly #portions = new Map<object, number>();

  constructor(spending: MemorySpending) {
    this.#spending = spending;
  }

  /** The store as one process sees it; each request takes as long as `waitMs` says. */
  of(clock: Pick<Clock, 'sleep'>, waitMs: () => number): PortionStore {
    const holder = {};
    return {
      reserve: async ({ capNanoUsd, day, nanoUsd, usedNanoUsd }) => {
        await clock.sleep(waitMs(), new AbortController().signal);
        if (this.isAway) throw new BotError('store.unwritable', true, 'Away.');
        this.requests++;
        this.#portions.delete(holder);
        const all = this.#spending.entries.filter(({ guildId }) => guildId === 'all');
        const spentNanoUsd = sumOf(all.filter((e) => e.day === day).map((e) => e.nanoUsd));
        const free = Math.max(0, capNanoUsd - spentNanoUsd - sumOf([...this.#portions.values()]));
        const granted = Math.max(usedNanoUsd, Math.min(nanoUsd, free));
        this.#portions.set(holder, granted);
        return { nanoUsd: granted, spentNanoUsd, leftNanoUsd: Math.max(0, free - granted) };
      },
    };
  }
}

function sumOf(amounts: readonly number[]): number {
  return amounts.reduce((sum, one) => sum + one, 0);
}
