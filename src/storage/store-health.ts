import type { AlertChange, AlertName } from '#src/base/alerts.ts';
import type { Clock } from '#src/base/clock.ts';
import { BotError } from '#src/base/errors.ts';

/** Events of the store, for logs, figures and `/readyz`. */
export type StoreEvent =
  | { readonly kind: 'opened' }
  /** The store cannot be opened or reached; told once until it is opened again. */
  | { readonly kind: 'refused'; readonly error: BotError }
  | { readonly kind: 'written'; readonly tookMs: number }
  /** Another process holds `DATA_DIR`, and is waited for, or the migration deletes rows: in a sentence. */
  | { readonly kind: 'warning'; readonly message: string }
  /** Stores of a former format were copied before their migration. */
  | { readonly kind: 'copied'; readonly copies: readonly string[] }
  | AlertChange;

/** Time, in ms, for which writes fail before the operator is told. */
const unwrittenMs = 30_000;

/** Tells when a database goes and comes, and raises an alert while it could not be written for long. */
export class StoreHealth {
  readonly #alert: AlertName;
  readonly #clock: Clock;
  readonly #report: (event: StoreEvent) => void;
  #isOpen: boolean | undefined;
  /** Instant at which the first write was asked for that none has followed that succeeded. */
  #unwrittenSinceMs: number | undefined;
  #state: AlertChange['state'] = 'cleared';

  constructor(alert: AlertName, clock: Clock, report: (event: StoreEvent) => void) {
    this.#alert = alert;
    this.#clock = clock;
    this.#report = report;
  }

  /** Takes each try to open or reach it, with its error. */
  opened(error?: BotError): void {
    const isOpen = error === undefined;
    if (this.#isOpen !== isOpen)
      this.#report(error ? { kind: 'refused', error } : { kind: 'opened' });
    this.#isOpen = isOpen;
  }

  /** Result of a write, whose end counts. */
  async write<T>(work: () => Promise<T>): Promise<T> {
    const fromMs = this.#clock.nowMs();
    this.#unwrittenSinceMs ??= fromMs;
    try {
      const done = await work();
      this.#report({ kind: 'written', tookMs: this.#clock.nowMs() - fromMs });
      this.#unwrittenSinceMs = undefined;
      this.#tell('cleared', 'it is written again');
      return done;
    } catch (error) {
      const waitedMs = this.#clock.nowMs() - (this.#unwrittenSinceMs ?? fromMs);
      const waited = `nothing was written for ${Math.round(waitedMs / 1000)} s`;
      if (waitedMs >= unwrittenMs && error instanceof BotError)
        this.#tell('raised', `${waited}: ${error.message}`);
      throw error;
    }
  }

  #tell(state: AlertChange['state'], cause: string): void {
    if (this.#state === state) return;
    this.#state = state;
    this.#report({ kind: 'alert', name: this.#alert, state, cause });
  }
}
