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
  #state: 'opened' | 'refused' | 'unknown' = 'unknown';
  /** Instant at which the first write was asked for that none has followed that succeeded. */
  #unwrittenSinceMs: number | undefined;
  #isRaised = false;

  constructor(alert: AlertName, clock: Clock, report: (event: StoreEvent) => void) {
    this.#alert = alert;
    this.#clock = clock;
    this.#report = report;
  }

  opened(): void {
    if (this.#state !== 'opened') this.#report({ kind: 'opened' });
    this.#state = 'opened';
  }

  /** Takes a failure to open or reach it. */
  refused(error: BotError): void {
    if (this.#state !== 'refused') this.#report({ kind: 'refused', error });
    this.#state = 'refused';
  }

  /** Result of a write, whose end counts. */
  async write<T>(work: () => Promise<T>): Promise<T> {
    const fromMs = this.#clock.nowMs();
    this.#unwrittenSinceMs ??= fromMs;
    const waitedS = () =>
      Math.round((this.#clock.nowMs() - (this.#unwrittenSinceMs ?? fromMs)) / 1000);
    try {
      const done = await work();
      this.#report({ kind: 'written', tookMs: this.#clock.nowMs() - fromMs });
      if (this.#isRaised) this.#tell('cleared', `written again, after ${waitedS()} s`);
      this.#unwrittenSinceMs = undefined;
      return done;
    } catch (error) {
      const isLong = !this.#isRaised && waitedS() * 1000 >= unwrittenMs;
      if (isLong && error instanceof BotError)
        this.#tell('raised', `nothing was written for ${waitedS()} s: ${error.message}`);
      throw error;
    }
  }

  #tell(state: AlertChange['state'], cause: string): void {
    this.#isRaised = state === 'raised';
    this.#report({ kind: 'alert', name: this.#alert, state, cause });
  }
}
