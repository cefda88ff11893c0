import type { Usage } from '#src/chat/ports.ts';
import type { Use } from '#src/spending/cost.ts';
import type { Bill, Spoken } from './spending.ts';

/** Where a bill is paid. */
export interface Till {
  pay(what: 'think' | 'speak', use: Use): void;
  /** So much talk with a server. */
  talked(ms: number): void;
  turn(): void;
  done(): void;
}

/** What one answer took. Sound and words of it come from different ends, so each is told apart. */
export class OpenBill implements Bill {
  readonly #till: Till;
  #isWanted = false;
  #isClosed = false;

  constructor(till: Till) {
    this.#till = till;
  }

  used(usage: Usage): void {
    if (usage.inputTokens + usage.outputTokens === 0) return; // refused
    this.#till.pay('think', { ...usage, kind: 'tokens' });
  }

  spoke(spoken: Spoken): void {
    this.#till.pay('speak', { ...spoken, kind: 'spoken' });
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
