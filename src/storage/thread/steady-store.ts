import type { AlertChange, AlertName } from '#src/base/alerts.ts';
import type { Clock } from '#src/base/clock.ts';
import { BotError } from '#src/base/errors.ts';
import { within } from '#src/base/waiting.ts';
import type { OperationRules, StoreCode } from '#src/sql/store-part.ts';
import { helpsReopening } from '#src/sql/trouble.ts';
import { type ProbedStore, perform, type StoreKind, storeOver } from './store-kind.ts';
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

type Opening<Store> =
  | { readonly kind: 'open'; readonly store: Store }
  | { readonly kind: 'failed'; readonly error: BotError };

/** After a failure the store is opened anew, but not twice within this time. */
const reopenMs = 60_000;
/** Longest wait, in ms, for a store that is being opened. */
const openingMs = 5_000;

/**
 * A store that the bot can start and live without: as long as it cannot be opened, each operation fails.
 *
 * `report` hears of a first failure before this resolves. Not for `:memory:`, which forgets when reopened.
 */
export async function keepStore<Store extends ProbedStore>(
  kind: StoreKind<Store>,
  open: () => Promise<Store>,
  clock: Clock,
  report: (event: StoreEvent) => void,
): Promise<Store> {
  const reopener = new StoreReopener(open, clock, report, kind.alert);
  await reopener.start();
  return storeOver(
    kind,
    (name, args, rules) => reopener.use(rules, (store) => perform(store, name, args)),
    () => reopener.close(),
  );
}

class StoreReopener<Store extends ProbedStore> {
  readonly #open: () => Promise<Store>;
  readonly #clock: Clock;
  readonly #report: (event: StoreEvent) => void;
  readonly #watchdog: WriteWatchdog;
  readonly #over = new AbortController();
  #opening: Promise<Opening<Store>> | undefined;
  #isOpening = false;
  #openedAtMs = Number.NEGATIVE_INFINITY;
  #doubtful = false;
  #reported = '';
  #watching: Promise<void> = Promise.resolve();

  constructor(
    open: () => Promise<Store>,
    clock: Clock,
    report: (event: StoreEvent) => void,
    alert: AlertName,
  ) {
    this.#open = open;
    this.#clock = clock;
    this.#report = report;
    this.#watchdog = new WriteWatchdog(alert, clock, report);
  }

  /** Resolves when the store is open, or cannot be for now. */
  async start(): Promise<void> {
    const late = () => new BotError('store.unreadable', true, slow);
    try {
      await within(this.#reach(), openingMs, this.#clock, late);
    } catch (error) {
      if (!(error instanceof BotError)) throw error;
      this.#refused(error);
    }
    const probe = () => this.use({ code: 'store.unwritable' }, (store) => store.probe());
    this.#watching = this.#watchdog.watch(probe, this.#over.signal);
  }

  async use<T>(
    { code }: Pick<OperationRules, 'code'>,
    work: (store: Store) => Promise<T>,
  ): Promise<T> {
    const fromMs = this.#clock.nowMs();
    if (code === 'store.unwritable') this.#watchdog.began();
    try {
      const done = await this.#perform(code, work);
      if (code === 'store.unwritable') this.#written(this.#clock.nowMs() - fromMs);
      return done;
    } catch (error) {
      if (error instanceof BotError) this.#watchdog.failed(error.message);
      throw error;
    }
  }

  async close(): Promise<void> {
    this.#over.abort(new Error('closed'));
    await this.#watching;
    const opening = await this.#opening;
    if (opening?.kind === 'open') await opening.store[Symbol.asyncDispose]();
  }

  async #perform<T>(code: StoreCode, work: (store: Store) => Promise<T>): Promise<T> {
    const late = () => new BotError(code, true, slow);
    const opening = await within(this.#reach(), openingMs, this.#clock, late);
    if (opening.kind === 'failed') throw withCode(code, opening.error);
    try {
      return await work(opening.store);
    } catch (error) {
      this.#doubtful ||= helpsReopening(error);
      throw error;
    }
  }

  /** The last opening, or a new one where that was in vain or has failed since; never two at a time. */
  #reach(): Promise<Opening<Store>> {
    const nowMs = this.#clock.nowMs();
    const isDue = this.#doubtful && nowMs - this.#openedAtMs >= reopenMs;
    const mayOpen = isDue && !this.#isOpening && !this.#over.signal.aborted;
    if (this.#opening && !mayOpen) return this.#opening;
    this.#openedAtMs = nowMs;
    this.#doubtful = false;
    this.#opening = this.#reopen(this.#opening);
    return this.#opening;
  }

  async #reopen(former: Promise<Opening<Store>> | undefined): Promise<Opening<Store>> {
    this.#isOpening = true;
    try {
      const before = await former;
      if (before?.kind === 'open') await before.store[Symbol.asyncDispose]();
      const store = await this.#open();
      this.#reported = '';
      this.#report({ kind: 'opened' });
      return { kind: 'open', store };
    } catch (error) {
      if (!(error instanceof BotError)) throw error;
      this.#doubtful = true;
      this.#refused(error);
      return { kind: 'failed', error };
    } finally {
      this.#isOpening = false;
    }
  }

  #refused(error: BotError): void {
    if (error.message !== this.#reported) this.#report({ kind: 'refused', error });
    this.#reported = error.message;
  }

  #written(tookMs: number): void {
    this.#report({ kind: 'written', tookMs });
    this.#watchdog.written();
  }
}

const slow = `The store is not open after ${openingMs / 1000} s: check its disk.`;

function withCode(code: StoreCode, { retryable, message, cause }: BotError): BotError {
  return new BotError(code, retryable, message, cause);
}
