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
  /** Called once for each new reason. */
  readonly report: (error: unknown) => void;
};

/** Least time between writes. */
const apartMs = 1_000;
/** A hanging disk must not delay start or end. */
const longestMs = 5_000;

/** Synchronises ledger and store. While the store fails, sums count from memory. */
export class LedgerPersistence implements AsyncDisposable {
  readonly #options;
  readonly #over = new AbortController();
  #isRecalled = false;
  #reported = '';
  #life = Promise.resolve();
  #writing = Promise.resolve();
  #isWriting = false;

  constructor(options: LedgerPersistenceOptions) {
    this.#options = options;
  }

  /** Resolves after the first read or its failure. Never throws. */
  async open() {
    await this.#recallEntries();
    this.#life = this.#saveRegularly();
  }

  /** Writes the rest within 5 s. Never throws. */
  async [Symbol.asyncDispose]() {
    this.#over.abort(new Error('closed'));
    await this.#life;
    if (this.#isWriting) await this.#tryWork('store.unwritable', () => this.#writing);
    await this.#saveEntries();
  }

  /** No timer runs while everything is stored. */
  async #saveRegularly() {
    const { alert, clock, ledger } = this.#options;
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
        run: () => this.#saveEntries(),
        report: alert,
      },
      this.#over.signal,
    );
    ledger.onUnsaved(() => undefined);
    forget?.();
  }

  async #saveEntries() {
    const { clock, ledger, spending } = this.#options;
    if (this.#isWriting || !ledger.hasUnsaved || !(await this.#recallEntries())) return;
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
      this.#reported = '';
      return true;
    } catch (error) {
      if (`${error}` !== this.#reported) report(error);
      this.#reported = `${error}`;
      return false;
    }
  }
}
