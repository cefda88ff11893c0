import type { AlertChange } from '#src/base/alerts.ts';
import { withTimeout } from '#src/base/bounded-wait.ts';
import type { Clock } from '#src/base/clock.ts';
import { BotError, type StoreCode } from '#src/base/errors.ts';
import { Wakeup } from '#src/base/loops/mailbox.ts';
import { runPeriodically } from '#src/base/loops/periodic-task.ts';
import { toUtcDay } from '#src/spending/calendar.ts';
import type { SpendingStore } from '#src/spending/spending-store.ts';
import type { Ledger } from './ledger.ts';

export type BudgetDeps = {
  readonly ledger: Ledger;
  readonly clock: Clock;
  /** Takes the beginning and end of alerts. */
  readonly alert: (change: AlertChange) => void;
};

export type LedgerPersistenceOptions = BudgetDeps & {
  readonly spending: SpendingStore;
  /** Reports each new reason once. */
  readonly report: (error: unknown) => void;
};

/** Least time between writes. */
const minWriteIntervalMs = 1_000;
/** A hanging disk must not delay start or end. */
const storeTimeoutMs = 5_000;

/** Synchronises ledger and store. While the store fails, sums count from memory. */
export class LedgerPersistence implements AsyncDisposable {
  readonly #options: LedgerPersistenceOptions;
  readonly #over = new AbortController();
  #isRecalled = false;
  #reported = '';
  #saving = Promise.resolve();
  #writing = Promise.resolve();
  #isWriting = false;

  constructor(options: LedgerPersistenceOptions) {
    this.#options = options;
  }

  /** Reads stored sums, and begins to store new ones. Never throws. */
  async open(): Promise<void> {
    await this.#recallEntries();
    this.#saving = this.#saveRegularly();
  }

  /** Writes the rest within 5 s. Never throws. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#over.abort(new Error('closed'));
    await this.#saving;
    if (this.#isWriting) await this.#tryWork('store.unwritable', () => this.#writing);
    await this.#saveEntries();
  }

  /** Stores sums as they change. No timer runs while everything is stored. */
  async #saveRegularly() {
    const { alert, clock, ledger } = this.#options;
    const wakeup = new Wakeup(clock);
    let cancelWakeup: (() => void) | undefined;
    ledger.onUnsaved(() => {
      cancelWakeup?.();
      cancelWakeup = clock.later(minWriteIntervalMs, () => wakeup.wake());
    });
    await runPeriodically(
      {
        name: 'writing of sums',
        clock,
        everyMs: () =>
          ledger.hasUnsaved ? minWriteIntervalMs : Number.POSITIVE_INFINITY,
        initialDelayMs: minWriteIntervalMs,
        wakeup,
        run: () => this.#saveEntries(),
        report: alert,
      },
      this.#over.signal,
    );
    ledger.onUnsaved(() => undefined);
    cancelWakeup?.();
  }

  async #saveEntries() {
    const { clock, ledger, spending } = this.#options;
    if (this.#isWriting || !ledger.hasUnsaved) return;
    if (!(await this.#recallEntries())) return;
    const entries = ledger.listUnsaved();
    this.#isWriting = true;
    this.#writing = spending
      .add(entries, toUtcDay(clock.wallMs()))
      .then(() => ledger.noteSaved(entries))
      .finally(() => {
        this.#isWriting = false;
      });
    await this.#tryWork('store.unwritable', () => this.#writing);
  }

  /** Loads stored sums once, as later writes only add. */
  async #recallEntries() {
    const { spending, clock, ledger } = this.#options;
    if (this.#isRecalled) return true;
    return await this.#tryWork('store.unreadable', async () => {
      const entries = await spending.read(toUtcDay(clock.wallMs()));
      if (this.#isRecalled) return; // An earlier read may have been late.
      ledger.recall(entries);
      this.#isRecalled = true;
    });
  }

  async #tryWork(code: StoreCode, work: () => Promise<void>) {
    const { clock, report } = this.#options;
    const message = `The store did not answer in ${storeTimeoutMs / 1000} s.`;
    try {
      await withTimeout(
        work(),
        storeTimeoutMs,
        clock,
        () => new BotError(code, true, message),
      );
      this.#reported = '';
      return true;
    } catch (error) {
      if (`${error}` !== this.#reported) report(error);
      this.#reported = `${error}`;
      return false;
    }
  }
}
