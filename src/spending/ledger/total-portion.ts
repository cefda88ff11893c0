import { withTimeout } from '#src/base/bounded-wait.ts';
import { runPeriodically } from '#src/base/loops/periodic-task.ts';
import { toUtcDay } from '#src/spending/calendar.ts';
import type { BudgetParts } from './ledger-persistence.ts';

/** In billionths of a dollar. */
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
  /** Reports each new reason once. */
  readonly report: (error: unknown) => void;
};

/** Spare share that saves requests to the store. */
const spareShare = 0.02;
/** After this wait the store counts as away. */
const patienceMs = 2_000;
const [lookMs, renewMs] = [1_000, 60_000];

export type TotalPortion = ReturnType<typeof createTotalPortion>;

export function createTotalPortion(options: TotalPortionOptions) {
  const over = new AbortController();
  let limit = 0;
  let left = 0;
  let wanted = 0;
  let isAway = false;
  let grantedMs = Number.NEGATIVE_INFINITY;
  let grantedSaved = 0;
  let asking = Promise.resolve();
  let next: Promise<void> | undefined;
  let reported = '';
  let life = Promise.resolve();

  function getRoom(): number {
    const { ledger, share } = options;
    const borrowed = isAway ? left * share : 0;
    return limit + borrowed - ledger.spentHere.nanoUsd - ledger.getAllReserved();
  }

  function getSpare() {
    const { capNanoUsd, share } = options;
    return Math.floor(capNanoUsd * share * spareShare);
  }

  function isDue() {
    const { clock, ledger } = options;
    const isShort = getRoom() < getSpare() / 2 && left > 0;
    // Stored money counts twice until the portion shrinks.
    const hasSaved = ledger.spentHere.savedNanoUsd > grantedSaved;
    return isAway || isShort || hasSaved || clock.nowMs() - grantedMs >= renewMs;
  }

  async function requestAmount(nanoUsd: number) {
    wanted += nanoUsd;
    const granted = async () => {
      do await requestMore();
      while (!isAway && left > 0 && getRoom() < nanoUsd);
    };
    try {
      await withTimeout(granted(), patienceMs, options.clock, createLatePortionError);
    } catch {
      isAway = true;
    } finally {
      wanted -= nanoUsd;
    }
  }

  function requestMore() {
    next ??= asking.then(() => {
      next = undefined;
      asking = askOnce();
      return asking;
    });
    return next;
  }

  async function askOnce() {
    const { capNanoUsd, clock, ledger, report, store } = options;
    const { nanoUsd: spent, savedNanoUsd: saved } = ledger.spentHere;
    const reserved = spent + ledger.getAllReserved();
    const nanoUsd = Math.ceil(reserved - saved + wanted + getSpare());
    // A smaller portion binds this process before others can use the rest.
    limit = Math.min(limit, saved + nanoUsd);
    const usedNanoUsd = Math.max(0, limit - saved);
    const day = toUtcDay(clock.wallMs());
    try {
      const granted = await store.reserve({ day, capNanoUsd, nanoUsd, usedNanoUsd });
      limit = saved + granted.nanoUsd;
      left = granted.leftNanoUsd;
      [grantedMs, grantedSaved] = [clock.nowMs(), saved];
      [isAway, reported] = [false, ''];
      ledger.settleTotal(day, granted.spentNanoUsd);
    } catch (error) {
      isAway = true;
      if (`${error}` !== reported) report(error);
      reported = `${error}`;
    }
  }

  return {
    /** Requests a portion, and later more. Never throws. */
    async open() {
      await requestAmount(getSpare());
      const { alert, clock } = options;
      const task = {
        name: 'portion of the total budget',
        clock,
        everyMs: lookMs,
        report: alert,
      };
      life = runPeriodically(
        { ...task, run: () => (isDue() ? requestMore() : undefined) },
        over.signal,
      );
    },

    get room(): number {
      return getRoom();
    },

    canAfford(nanoUsd: number): boolean {
      return getRoom() + (isAway ? 0 : left) >= nanoUsd;
    },

    /** Requests money, and waits until it fits, or never will. Never throws. */
    requestMore(nanoUsd: number): Promise<void> | undefined {
      return isAway || getRoom() >= nanoUsd ? undefined : requestAmount(nanoUsd);
    },

    /** Frees the rest within 2 s. Never throws. */
    async [Symbol.asyncDispose]() {
      over.abort(new Error('closed'));
      const { capNanoUsd, clock, store } = options;
      const free = async () => {
        await life;
        await asking;
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
    },
  };
}

function createLatePortionError() {
  return new Error('late');
}
