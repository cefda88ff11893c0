import { withTimeout } from '#src/base/bounded-wait.ts';
import { runPeriodically } from '#src/base/loops/periodic-task.ts';
import { toUtcDay } from '#src/spending/calendar.ts';
import type { BudgetParts } from './ledger-persistence.ts';

/** Requests a portion of the total cap, in billionths of a dollar. */
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

/** Store that several processes spend from. */
export interface PortionStore {
  /**
   * Reserves a portion atomically within the cap. It expires 5 minutes after the last request.
   * Throws BotError `store.unwritable`.
   */
  reserve(request: PortionRequest): Promise<GrantedPortion>;
}

export type TotalPortionOptions = BudgetParts & {
  readonly store: PortionStore;
  readonly capNanoUsd: number;
  /** Share of the rest, 0 to 1, while the store is away. */
  readonly share: number;
  /** Called once for each new reason. */
  readonly report: (error: unknown) => void;
};

/** Spare share that saves requests to the store. */
const spareShare = 0.02;
/** After this wait the store counts as away. */
const patienceMs = 2_000;
const [lookMs, renewMs] = [1_000, 60_000];

/**
 * Portion of the total cap that this process may spend. Servers and people need none, as a server
 * belongs to one process.
 */
export class TotalPortion implements AsyncDisposable {
  readonly #options;
  readonly #over = new AbortController();
  #limit = 0;
  #left = 0;
  #wanted = 0;
  #isAway = false;
  #grantedMs = Number.NEGATIVE_INFINITY;
  #saved = 0;
  #asking = Promise.resolve();
  #next: Promise<void> | undefined;
  #reported = '';
  #life = Promise.resolve();

  constructor(options: TotalPortionOptions) {
    this.#options = options;
  }

  /** Resolves with a portion or a failure. Never throws. */
  async open() {
    await this.#requestAmount(this.#spare);
    const { alert, clock } = this.#options;
    const task = {
      name: 'portion of the total budget',
      clock,
      everyMs: lookMs,
      report: alert,
    };
    this.#life = runPeriodically(
      { ...task, run: () => (this.#isDue ? this.#requestMore() : undefined) },
      this.#over.signal,
    );
  }

  get room(): number {
    const { ledger, share } = this.#options;
    const borrowed = this.#isAway ? this.#left * share : 0;
    return this.#limit + borrowed - ledger.spentHere.nanoUsd - ledger.getAllReserved();
  }

  canAfford(nanoUsd: number): boolean {
    return this.room + (this.#isAway ? 0 : this.#left) >= nanoUsd;
  }

  /** Resolves when the money fits, or never will. Never throws. */
  requestMore(nanoUsd: number): Promise<void> | undefined {
    return this.#isAway || this.room >= nanoUsd
      ? undefined
      : this.#requestAmount(nanoUsd);
  }

  /** Frees the rest within 2 s. Never throws. */
  async [Symbol.asyncDispose]() {
    this.#over.abort(new Error('closed'));
    const { capNanoUsd, clock, store } = this.#options;
    const free = async () => {
      await this.#life;
      await this.#asking;
      await store.reserve({
        day: toUtcDay(clock.wallMs()),
        capNanoUsd,
        nanoUsd: 0,
        usedNanoUsd: 0,
      });
    };
    await withTimeout(free(), patienceMs, clock, createLatePortionError).catch(
      () => undefined,
    );
  }

  get #spare() {
    const { capNanoUsd, share } = this.#options;
    return Math.floor(capNanoUsd * share * spareShare);
  }

  get #isDue() {
    const { clock, ledger } = this.#options;
    const isShort = this.room < this.#spare / 2 && this.#left > 0;
    // Stored money counts twice until the portion shrinks.
    const hasSaved = ledger.spentHere.savedNanoUsd > this.#saved;
    return (
      this.#isAway || isShort || hasSaved || clock.nowMs() - this.#grantedMs >= renewMs
    );
  }

  async #requestAmount(nanoUsd: number) {
    this.#wanted += nanoUsd;
    const granted = async () => {
      do await this.#requestMore();
      while (!this.#isAway && this.#left > 0 && this.room < nanoUsd);
    };
    try {
      await withTimeout(
        granted(),
        patienceMs,
        this.#options.clock,
        createLatePortionError,
      );
    } catch {
      this.#isAway = true;
    } finally {
      this.#wanted -= nanoUsd;
    }
  }

  #requestMore() {
    this.#next ??= this.#asking.then(() => {
      this.#next = undefined;
      this.#asking = this.#askOnce();
      return this.#asking;
    });
    return this.#next;
  }

  async #askOnce() {
    const { capNanoUsd, clock, ledger, report, store } = this.#options;
    const { nanoUsd: spent, savedNanoUsd: saved } = ledger.spentHere;
    const reserved = spent + ledger.getAllReserved();
    const nanoUsd = Math.ceil(reserved - saved + this.#wanted + this.#spare);
    // A smaller portion binds this process before others can use the rest.
    this.#limit = Math.min(this.#limit, saved + nanoUsd);
    const usedNanoUsd = Math.max(0, this.#limit - saved);
    const day = toUtcDay(clock.wallMs());
    try {
      const granted = await store.reserve({ day, capNanoUsd, nanoUsd, usedNanoUsd });
      this.#limit = saved + granted.nanoUsd;
      this.#left = granted.leftNanoUsd;
      [this.#grantedMs, this.#saved] = [clock.nowMs(), saved];
      [this.#isAway, this.#reported] = [false, ''];
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
