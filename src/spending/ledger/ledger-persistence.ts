import type { AlertChange } from '#src/base/alerts.ts';
import { withTimeout } from '#src/base/bounded-wait.ts';
import type { Clock } from '#src/base/clock.ts';
import { BotError, type StoreCode } from '#src/base/errors.ts';
import { Wakeup } from '#src/base/loops/mailbox.ts';
import { runPeriodically } from '#src/base/loops/periodic-task.ts';
import { toUtcDay } from '#src/spending/calendar.ts';
import type { SpendingStore } from '#src/spending/spending-store.ts';
import type { Ledger } from './ledger.ts';

export type BudgetParts = {
  readonly ledger: Ledger;
  readonly clock: Clock;
  readonly alert: (change: AlertChange) => void;
};

export type LedgerPersistenceOptions = BudgetParts & {
  readonly spending: SpendingStore;
  /** Reports each new reason once. */
  readonly report: (error: unknown) => void;
};

/** Least time between writes. */
const apartMs = 1_000;
/** A hanging disk must not delay start or end. */
const longestMs = 5_000;

/** Synchronises ledger and store. While the store fails, sums count from memory. */
export function createLedgerPersistence(options: LedgerPersistenceOptions) {
  const over = new AbortController();
  let isRecalled = false;
  let reported = '';
  let life = Promise.resolve();
  let writing = Promise.resolve();
  let isWriting = false;

  /** Stores sums as they change. No timer runs while everything is stored. */
  async function saveRegularly() {
    const { alert, clock, ledger } = options;
    const wakeup = new Wakeup(clock);
    let forget: (() => void) | undefined;
    ledger.onUnsaved(() => {
      forget?.();
      forget = clock.later(apartMs, () => wakeup.wake());
    });
    await runPeriodically(
      {
        name: 'writing of sums',
        clock,
        everyMs: () => (ledger.hasUnsaved ? apartMs : Number.POSITIVE_INFINITY),
        initialDelayMs: apartMs,
        wakeup,
        run: () => saveEntries(),
        report: alert,
      },
      over.signal,
    );
    ledger.onUnsaved(() => undefined);
    forget?.();
  }

  async function saveEntries() {
    const { clock, ledger, spending } = options;
    if (isWriting || !ledger.hasUnsaved || !(await recallEntries())) return;
    const entries = ledger.listUnsaved();
    isWriting = true;
    writing = spending
      .add(entries, toUtcDay(clock.wallMs()))
      .then(() => ledger.noteSaved(entries))
      .finally(() => {
        isWriting = false;
      });
    await tryWork('store.unwritable', () => writing);
  }

  /** Loads stored sums once, as later writes only add. */
  async function recallEntries() {
    const { spending, clock, ledger } = options;
    if (isRecalled) return true;
    return await tryWork('store.unreadable', async () => {
      const entries = await spending.read(toUtcDay(clock.wallMs()));
      if (isRecalled) return; // An earlier read may have been late.
      ledger.recall(entries);
      isRecalled = true;
    });
  }

  async function tryWork(code: StoreCode, work: () => Promise<void>) {
    const { clock, report } = options;
    try {
      await withTimeout(
        work(),
        longestMs,
        clock,
        () =>
          new BotError(
            code,
            true,
            `The store did not answer in ${longestMs / 1000} s.`,
          ),
      );
      reported = '';
      return true;
    } catch (error) {
      if (`${error}` !== reported) report(error);
      reported = `${error}`;
      return false;
    }
  }

  return {
    /** Reads stored sums, and begins to store new ones. Never throws. */
    async open() {
      await recallEntries();
      life = saveRegularly();
    },

    /** Writes the rest within 5 s. Never throws. */
    async [Symbol.asyncDispose]() {
      over.abort(new Error('closed'));
      await life;
      if (isWriting) await tryWork('store.unwritable', () => writing);
      await saveEntries();
    },
  };
}
