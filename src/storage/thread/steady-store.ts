import type { AlertChange } from '#src/base/alerts.ts';
import type { Clock } from '#src/base/clock.ts';
import { BotError } from '#src/base/errors.ts';
import { within } from '#src/base/waiting.ts';
import type { StoreCode } from '#src/sql/store-part.ts';
import { helpsReopening } from '#src/sql/trouble.ts';
import { perform, type StoreKind } from './store-kind.ts';
import { WriteWatchdog } from './write-watchdog.ts';

/** Events of the store, for logs, figures and `/readyz`. */
export type StoreEvent =
  | { readonly kind: 'opened' }
  /** The store cannot be opened; told once for each new reason. */
  | { readonly kind: 'refused'; readonly error: BotError }
  | { readonly kind: 'written'; readonly tookMs: number }
  /** Another process holds `DATA_DIR`, and is waited for. */
  | { readonly kind: 'waiting'; readonly message: string }
  /** Stores of a former format were copied before their migration. */
  | { readonly kind: 'copied'; readonly copies: readonly string[] }
  /** Captions that only people who sat there might read are deleted by the migration. */
  | { readonly kind: 'deleted'; readonly lines: number }
  | AlertChange;

/** After a failure the store is opened anew, but not twice within this time. */
const reopenMs = 60_000;
/** Longest wait, in ms, for a store that is being opened. */
const openingMs = 5_000;

/**
 * A store that the bot can start and live without: as long as it cannot be opened, each operation fails.
 *
 * `report` hears of a first failure before this resolves. Not for `:memory:`, which forgets when reopened.
 */
export async function keepStore<Store extends AsyncDisposable>(
  kind: StoreKind<Store>,
  open: () => Promise<Store>,
  clock: Clock,
  report: (event: StoreEvent) => void,
): Promise<Store> {
  const reopener = new StoreReopener(open, clock, report);
  await reopener.start();
  return new WriteWatchdog(kind.alert, clock, report).over(
    kind,
    (name, args, code) => reopener.use(code, (store) => perform(store, name, args)),
    () => reopener.close(),
  );
}

class StoreReopener<Store extends AsyncDisposable> {
  readonly #open: () => Promise<Store>;
  readonly #clock: Clock;
  readonly #report: (event: StoreEvent) => void;
  /** The last opening; one begins once the former has ended. */
  #opening: Promise<Store> | undefined;
  #openedAtMs = 0;
  #isDoubtful = true;
  #isClosed = false;
  #reported = '';

  constructor(open: () => Promise<Store>, clock: Clock, report: (event: StoreEvent) => void) {
    this.#open = open;
    this.#clock = clock;
    this.#report = report;
  }

  /** Resolves when the store is open, or cannot be for now. */
  async start(): Promise<void> {
    try {
      await this.#reach('store.unreadable');
    } catch (error) {
      this.#refused(error);
    }
  }

  async use<T>(code: StoreCode, work: (store: Store) => Promise<T>): Promise<T> {
    const store = await this.#reach(code);
    try {
      return await work(store);
    } catch (error) {
      this.#isDoubtful ||= helpsReopening(error);
      throw error;
    }
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    const store = await this.#opening?.catch(() => undefined);
    await store?.[Symbol.asyncDispose]();
  }

  /** The open store, opened anew where that was in vain or has failed since. */
  async #reach(code: StoreCode): Promise<Store> {
    const nowMs = this.#clock.nowMs();
    const isDue = !this.#opening || (this.#isDoubtful && nowMs - this.#openedAtMs >= reopenMs);
    if (isDue && !this.#isClosed) {
      this.#openedAtMs = nowMs;
      this.#isDoubtful = false;
      this.#opening = this.#reopen(this.#opening);
    }
    const late = () => new BotError(code, true, slow);
    try {
      const opening = this.#opening ?? Promise.reject(late());
      return await within(opening, openingMs, this.#clock, late);
    } catch (error) {
      if (!(error instanceof BotError)) throw error;
      throw new BotError(code, error.retryable, error.message, error.cause);
    }
  }

  async #reopen(former: Promise<Store> | undefined): Promise<Store> {
    const before = await former?.catch(() => undefined);
    await before?.[Symbol.asyncDispose]();
    try {
      const store = await this.#open();
      this.#reported = '';
      this.#report({ kind: 'opened' });
      return store;
    } catch (error) {
      this.#isDoubtful = true;
      this.#refused(error);
      throw error;
    }
  }

  /** Tells each new reason once. */
  #refused(error: unknown): void {
    if (!(error instanceof BotError)) throw error;
    if (error.message !== this.#reported) this.#report({ kind: 'refused', error });
    this.#reported = error.message;
  }
}

const slow = `The store is not open after ${openingMs / 1000} s: check its disk.`;
