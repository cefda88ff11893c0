import { BotError, type BudgetCap } from '#src/base/errors.ts';
import type { Usage } from '#src/chat/ports.ts';
import type { RequestHold } from '#src/provider/models/request-hold.ts';
import type { SpokenUsage } from '#src/speech/fallbacks/metered-voice.ts';
import type { EngineUsage } from '#src/speech/ports.ts';
import type { PaidRole } from './prices/prices.ts';
import type { RequestBound } from './request-bound.ts';
import { type UsageCount, workOf } from './usage-bill.ts';

/** Books to which a reservation is counted. */
export interface ReservationAccount {
  pay(what: PaidRole, work: UsageCount): void;
  /** Sets money aside for one request, or names the cap that refuses it; undefined: it costs nothing. Absent: there is no limit. */
  hold?(bound: RequestBound): Promise<HoldOrCap>;
  turn?(): void;
  done?(): void;
}

/** Money set aside for one request, or the cap that refuses it. */
export type HoldOrCap = RequestHold | BudgetCap | undefined;

type OnUsage = (usage: Usage) => void;

/**
 * Money set aside for one piece of paid work. No engine of a session can be asked without one: it counts what the work takes, as
 * that becomes known, also after it was closed. Nothing here throws.
 *
 * Only the ledger makes them.
 */
export class Reservation {
  readonly #account: ReservationAccount;
  readonly #onUsage: OnUsage[];
  #isWanted = false;
  #isClosed = false;

  constructor(account: ReservationAccount, ...onUsage: OnUsage[]) {
    this.#account = account;
    this.#onUsage = onUsage;
  }

  /** Calls `onUsage` for each further request to a model. */
  watched(onUsage: OnUsage): this {
    this.#onUsage.push(onUsage);
    return this;
  }

  /** Sets money aside for a request that is about to be sent; undefined: it has no limit. Errors: BotError `budget.used`. */
  async hold(bound: RequestBound): Promise<RequestHold | undefined> {
    const held = await this.#account.hold?.(bound);
    if (typeof held !== 'string') return held;
    const whose = held === 'all' ? 'all servers' : `this ${held}`;
    const message = `What is left today for ${whose} is too little for it.`;
    throw new BotError('budget.used', false, message, undefined, undefined, { cap: held });
  }

  /** Counts one request to a model. */
  used(usage: Usage): void {
    for (const report of this.#onUsage) report(usage);
    if (usage.inputTokens === 0 && usage.outputTokens === 0) return; // refused
    const { by, ...tokens } = usage;
    this.#account.pay('think', { uses: [{ ...tokens, kind: 'tokens' }], by });
  }

  /** Counts one text that was spoken. */
  spoke({ usage, ...spoken }: SpokenUsage): void {
    this.#account.pay('speak', workOf(usage, { ...spoken, kind: 'spoken' }));
  }

  /** Counts sound that was sent to be recognised, in ms. */
  recognised(ms: number, usage?: EngineUsage): void {
    this.#account.pay('recognise', workOf(usage, { kind: 'heard', ms }));
  }

  /** Counts it as a turn: it is going to be heard or read. */
  wanted(): void {
    if (this.#isWanted) return;
    this.#isWanted = true;
    this.#account.turn?.();
  }

  /** Ends the work and frees what was set aside. */
  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#account.done?.();
  }

  [Symbol.dispose](): void {
    this.close();
  }
}
