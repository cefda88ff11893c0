import type { AlertChange, AlertName } from '#src/base/alerts.ts';
import type { Clock } from '#src/base/clock.ts';
import type { BotError } from '#src/base/errors.ts';
import { admitError, type LoggedText, writeSentence } from '#src/base/logged-text.ts';

export type StoreEvent =
  | { readonly kind: 'opened' }
  /** Reported once until the store opens. */
  | { readonly kind: 'refused'; readonly error: BotError }
  | { readonly kind: 'written'; readonly tookMs: number }
  /** A sentence about a held `DATA_DIR` or deleted rows. */
  | { readonly kind: 'warning'; readonly message: LoggedText }
  /** Stores were copied before a migration. */
  | { readonly kind: 'copied'; readonly copies: readonly string[] }
  | AlertChange;

/** Time of failed writes before the alert. */
const unwrittenMs = 30_000;

/** Reports outages of one store, and raises an alert after long ones. */
export class StoreHealth {
  readonly #name: AlertName;
  readonly #clock: Clock;
  readonly #report: (event: StoreEvent) => void;
  #wasOpen: boolean | undefined;
  #unwrittenSinceMs: number | undefined;
  #alertState: AlertChange['state'] = 'cleared';

  constructor(name: AlertName, clock: Clock, report: (event: StoreEvent) => void) {
    this.#name = name;
    this.#clock = clock;
    this.#report = report;
  }

  /** Takes the result of an attempt to open the store. Reports only a change. */
  onOpened(error?: BotError): void {
    const isOpen = error === undefined;
    if (this.#wasOpen !== isOpen)
      this.#report(error ? { kind: 'refused', error } : { kind: 'opened' });
    this.#wasOpen = isOpen;
  }

  /**
   * Performs a write and reports its time. After 30 s of failed writes an alert is
   * raised until one succeeds. Throws as `work` does.
   */
  async performWrite<T>(work: () => Promise<T>): Promise<T> {
    const fromMs = this.#clock.nowMs();
    this.#unwrittenSinceMs ??= fromMs;
    try {
      const result = await work();
      this.#report({ kind: 'written', tookMs: this.#clock.nowMs() - fromMs });
      this.#unwrittenSinceMs = undefined;
      this.#reportAlert('cleared', writeSentence`it is written again`);
      return result;
    } catch (error) {
      const waitedMs = this.#clock.nowMs() - (this.#unwrittenSinceMs ?? fromMs);
      const waited = writeSentence`nothing was written for ${Math.round(waitedMs / 1000)} s`;
      if (waitedMs >= unwrittenMs)
        this.#reportAlert('raised', writeSentence`${waited}: ${admitError(error)}`);
      throw error;
    }
  }

  #reportAlert(state: AlertChange['state'], cause: LoggedText) {
    if (this.#alertState !== state)
      this.#report({ kind: 'alert', name: this.#name, state, cause });
    this.#alertState = state;
  }
}
