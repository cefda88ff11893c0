import { withTimeout } from '#src/base/bounded-wait.ts';
import { runPeriodically } from '#src/base/loops/periodic-task.ts';
import { toUtcDay } from '#src/spending/calendar.ts';
import type { BudgetDeps } from './ledger-persistence.ts';

/** A request for a portion of the day's total budget. Amounts are billionths of a dollar. */
export type PortionRequest = {
  readonly day: string;
  readonly capNanoUsd: number;
  /** Replaces the former portion. */
  readonly nanoUsd: number;
  /** Used money is granted in any case. */
  readonly usedNanoUsd: number;
};

export type GrantedPortion = {
  readonly nanoUsd: number;
  readonly spentNanoUsd: number;
  readonly leftNanoUsd: number;
};

/** Divides the total budget among processes. */
export interface PortionStore {
  /**
   * Reserves a portion atomically within the cap. It expires 5 minutes after the last request.
   * Throws BotError `store.unwritable`.
   */
  reserve(request: PortionRequest): Promise<GrantedPortion>;
}

export type TotalPortionOptions = BudgetDeps & {
  readonly store: PortionStore;
  readonly capNanoUsd: number;
  /** Share of the rest, 0 to 1, while the store is away. */
  readonly share: number;
  /** Reports each new reason once. */
  readonly report: (error: unknown) => void;
};

/** Spare share that saves requests to the store. */
const spareShare = 0.02;
/** After this wait the store counts as away. */
const storeTimeoutMs = 2_000;
const [lookMs, renewMs] = [1_000, 60_000];

/** Share of this process in the total budget, which other processes spend too. */
export class TotalPortion implements AsyncDisposable {
  readonly #options: TotalPortionOptions;
  readonly #over = new AbortController();
  /** Billionths of a dollar that this process may spend in all, by the last answer of the store. */
  #limit = 0;
  /** Billionths of a dollar that no process had taken then. */
  #left = 0;
  /** Billionths of a dollar that callers wait for. */
  #wanted = 0;
  #isAway = false;
  #grantedMs = Number.NEGATIVE_INFINITY;
  #grantedSaved = 0;
  #request = Promise.resolve();
  #nextRequest: Promise<void> | undefined;
  #reported = '';
  #renewing = Promise.resolve();

  constructor(options: TotalPortionOptions) {
    this.#options = options;
  }

  /** Requests a portion, and later more. Never throws. */
  async open(): Promise<void> {
    await this.#requestAmount(this.#getSpare());
    const { alert, clock } = this.#options;
    const task = {
      name: 'portion of the total budget',
      clock,
      everyMs: lookMs,
      report: alert,
    };
    this.#renewing = runPeriodically(
      { ...task, run: () => (this.#isDue() ? this.#requestOnce() : undefined) },
      this.#over.signal,
    );
  }

  /** Billionths of a dollar that are neither spent nor set aside. While the store is away, a share of the rest counts too. */
  get room(): number {
    const { ledger, share } = this.#options;
    const borrowed = this.#isAway ? this.#left * share : 0;
    return this.#limit + borrowed - ledger.spentHere.nanoUsd - ledger.getAllReserved();
  }

  /** Whether `room` and the rest of the store suffice for an amount in billionths of a dollar. */
  canAfford(nanoUsd: number): boolean {
    return this.room + (this.#isAway ? 0 : this.#left) >= nanoUsd;
  }

  /** Requests money, and waits until it fits, or never will. Undefined where no wait is needed. Never throws. */
  requestMore(nanoUsd: number): Promise<void> | undefined {
    return this.#isAway || this.room >= nanoUsd
      ? undefined
      : this.#requestAmount(nanoUsd);
  }

  /** Frees the rest within 2 s. Never throws. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#over.abort(new Error('closed'));
    const { capNanoUsd, clock, store } = this.#options;
    const freeRest = async () => {
      await this.#renewing;
      await this.#request;
      await store.reserve({
        day: toUtcDay(clock.wallMs()),
        capNanoUsd,
        nanoUsd: 0,
        usedNanoUsd: 0,
      });
    };
    await withTimeout(freeRest(), storeTimeoutMs, clock, createLatePortionError).catch(
      () => undefined,
    );
  }

  #getSpare() {
    const { capNanoUsd, share } = this.#options;
    return Math.floor(capNanoUsd * share * spareShare);
  }

  #isDue() {
    const { clock, ledger } = this.#options;
    const isShort = this.room < this.#getSpare() / 2 && this.#left > 0;
    // Stored money counts twice until the portion shrinks.
    const hasSaved = ledger.spentHere.savedNanoUsd > this.#grantedSaved;
    const isOld = clock.nowMs() - this.#grantedMs >= renewMs;
    return this.#isAway || isShort || hasSaved || isOld;
  }

  async #requestAmount(nanoUsd: number) {
    this.#wanted += nanoUsd;
    const requestUntilFit = async () => {
      do await this.#requestOnce();
      while (!this.#isAway && this.#left > 0 && this.room < nanoUsd);
    };
    try {
      await withTimeout(
        requestUntilFit(),
        storeTimeoutMs,
        this.#options.clock,
        createLatePortionError,
      );
    } catch {
      this.#isAway = true;
    } finally {
      this.#wanted -= nanoUsd;
    }
  }

  /** Sends one request after the running one. Callers until then share it. */
  #requestOnce() {
    this.#nextRequest ??= this.#request.then(() => {
      this.#nextRequest = undefined;
      this.#request = this.#sendRequest();
      return this.#request;
    });
    return this.#nextRequest;
  }

  async #sendRequest() {
    const { capNanoUsd, clock, ledger, report, store } = this.#options;
    const { nanoUsd: spent, savedNanoUsd: saved } = ledger.spentHere;
    const reserved = spent + ledger.getAllReserved();
    const nanoUsd = Math.ceil(reserved - saved + this.#wanted + this.#getSpare());
    // A smaller portion binds this process before others can use the rest.
    this.#limit = Math.min(this.#limit, saved + nanoUsd);
    const usedNanoUsd = Math.max(0, this.#limit - saved);
    const day = toUtcDay(clock.wallMs());
    try {
      const granted = await store.reserve({ day, capNanoUsd, nanoUsd, usedNanoUsd });
      this.#limit = saved + granted.nanoUsd;
      this.#left = granted.leftNanoUsd;
      this.#grantedMs = clock.nowMs();
      this.#grantedSaved = saved;
      this.#isAway = false;
      this.#reported = '';
      ledger.settleTotal(day, granted.spentNanoUsd);
    } catch (error) {
      this.#isAway = true;
      if (`${error}` !== this.#reported) report(error);
      this.#reported = `${error}`;
    }
  }
}

function createLatePortionError() {
  return new Error('late');
}
