import { withTimeout } from '#src/base/bounded-wait.ts';
import { runPeriodically } from '#src/base/loops/periodic-task.ts';
import { toUtcDay } from '#src/spending/calendar.ts';
import type { BudgetParts } from './ledger-persistence.ts';

/** Amount of the cap over all servers that one process is to have; money in billionths of a dollar. */
export type PortionRequest = {
  /** UTC day, as in `2026-11-20`. */
  readonly day: string;
  readonly capNanoUsd: number;
  /** In place of what it had. */
  readonly nanoUsd: number;
  /** Part of it that may be used already: it is granted in any case. */
  readonly usedNanoUsd: number;
};

export type GrantedPortion = {
  /** As much as was asked for, or what is left of the cap. */
  readonly nanoUsd: number;
  /** Spending of all processes on that day, as stored. */
  readonly spentNanoUsd: number;
  /** Part of the cap that is neither spent nor in a portion. */
  readonly leftNanoUsd: number;
};

/** A store that several processes spend from; storage implements it. */
export interface PortionStore {
  /**
   * Sets aside a portion for this process, as one step: what is spent and all portions together stay within the cap. It is free
   * again 5 minutes after the last request. Errors: BotError `store.unwritable`.
   */
  reserve(request: PortionRequest): Promise<GrantedPortion>;
}

export type TotalPortionOptions = BudgetParts & {
  readonly store: PortionStore;
  readonly capNanoUsd: number;
  /** Share, from 0 to 1, of what is left that this process may spend while the store is away. */
  readonly share: number;
  /** Each new reason once. */
  readonly report: (error: unknown) => void;
};

/** Part of the cap that all processes together set aside beyond what they need, so that few requests wait for the store. */
const spareShare = 0.02;
/** Longest wait for the store, in ms, before it counts as away. */
const patienceMs = 2_000;
/** Time, in ms, between two looks, and after which a portion is asked for again in any case. */
const [lookMs, renewMs] = [1_000, 60_000];

/**
 * Portion of the cap over all servers that this process has set aside in the store. What it spends and reserves stays within it.
 * Caps of servers and people need none: a server belongs to one process.
 */
export class TotalPortion implements AsyncDisposable {
  readonly #options;
  readonly #over = new AbortController();
  /** Most that this process may have spent since its start, with its reserves. */
  #limit = 0;
  #left = 0;
  /** Sum of what requests wait for. */
  #wanted = 0;
  #isAway = false;
  /** When a portion was granted last, and how much of what it paid was stored then. */
  #grantedMs = Number.NEGATIVE_INFINITY;
  #saved = 0;
  #asking = Promise.resolve();
  #next: Promise<void> | undefined;
  #reported = '';
  #life = Promise.resolve();

  constructor(options: TotalPortionOptions) {
    this.#options = options;
  }

  /** Resolves once there is a portion, or cannot be one for now. Never throws. */
  async open(): Promise<void> {
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

  /** Money that may be set aside now, in billionths of a dollar. */
  get room(): number {
    const { ledger, share } = this.#options;
    const borrowed = this.#isAway ? this.#left * share : 0;
    return this.#limit + borrowed - ledger.spentHere.nanoUsd - ledger.getAllReserved();
  }

  /** Whether so much could be set aside, as far as is known. */
  canAfford(nanoUsd: number): boolean {
    return this.room + (this.#isAway ? 0 : this.#left) >= nanoUsd;
  }

  /** Resolves once there is room for so much, or can be none; undefined: that is known. Never throws. */
  requestMore(nanoUsd: number): Promise<void> | undefined {
    return this.#isAway || this.room >= nanoUsd
      ? undefined
      : this.#requestAmount(nanoUsd);
  }

  /** Frees what is not spent, within 2 s. Never throws. */
  async [Symbol.asyncDispose](): Promise<void> {
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

  get #spare(): number {
    const { capNanoUsd, share } = this.#options;
    return Math.floor(capNanoUsd * share * spareShare);
  }

  get #isDue(): boolean {
    const { clock, ledger } = this.#options;
    const isShort = this.room < this.#spare / 2 && this.#left > 0;
    // What is stored counts twice until the portion is smaller.
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

  /** One request at a time; what changes meanwhile goes with the next one. */
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
    // A smaller portion binds this process before the others know of it.
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

function createLatePortionError(): Error {
  return new Error('late');
}
