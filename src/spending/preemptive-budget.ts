import type { Usage } from '#src/chat/ports.ts';

/** Largest share of the tokens of recent turns that may be wasted on preemptive answers that were not heard. */
const longestShare = 0.15;
/** Turns that are looked back on. */
const turnsKept = 50;
/** Least tokens of which the share is taken: at the beginning one false start is no habit. */
const graceTokens = 4_000;

type Spending = { used: number; vain: number };

/** Budget of preemptive answers in one channel: tokens of answers that were wanted, and of those that were not. */
export class PreemptiveBudget {
  #turns: Spending[] = [{ used: 0, vain: 0 }];

  /** Whether an answer may be prepared before it is known to be wanted. */
  get allows(): boolean {
    const { used, vain } = this.#sum();
    return vain <= longestShare * Math.max(graceTokens, used + vain);
  }

  use(tokens: number): void {
    this.#last().used += tokens;
  }

  lose(tokens: number): void {
    this.#last().vain += tokens;
  }

  /** A turn was answered; what comes counts for the next one. */
  turn(): void {
    this.#turns = [...this.#turns, { used: 0, vain: 0 }].slice(-turnsKept);
  }

  #last(): Spending {
    return this.#turns.at(-1) ?? { used: 0, vain: 0 };
  }

  #sum(): Spending {
    const sum = { used: 0, vain: 0 };
    for (const { used, vain } of this.#turns) {
      sum.used += used;
      sum.vain += vain;
    }
    return sum;
  }
}

export function tokensOf({ inputTokens, outputTokens }: Usage): number {
  return inputTokens + outputTokens;
}
