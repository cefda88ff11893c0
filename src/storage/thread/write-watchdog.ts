import type { AlertChange, AlertName } from '#src/base/alerts.ts';
import type { Clock } from '#src/base/clock.ts';
import { BotError } from '#src/base/errors.ts';
import { writes } from '#src/sql/store-part.ts';
import type { StoreEvent } from './steady-store.ts';
import { type StoreCall, type StoreKind, storeOver } from './store-kind.ts';

/** Time, in ms, for which writes fail before the operator is told. */
const unwrittenMs = 30_000;

/** Raises an alert where writes of a store have failed for long, and clears it with the next write that succeeds. */
export class WriteWatchdog {
  readonly #alert: AlertName;
  readonly #clock: Clock;
  readonly #report: (event: StoreEvent) => void;
  /** Instant at which the first write was asked for that none has followed that succeeded. */
  #waitingSinceMs: number | undefined;
  #isRaised = false;

  constructor(alert: AlertName, clock: Clock, report: (event: StoreEvent) => void) {
    this.#alert = alert;
    this.#clock = clock;
    this.#report = report;
  }

  /** Store whose operations `call` performs under this watchdog. */
  over<Store extends AsyncDisposable>(
    kind: StoreKind<Store>,
    call: StoreCall,
    close: () => Promise<void>,
  ): Store {
    const watched: StoreCall = (name, args, code) => {
      const work = () => call(name, args, code);
      return code === writes ? this.#write(work) : work();
    };
    return storeOver(kind, watched, close);
  }

  /** Takes a failure, also of a write that is tried again: `why` is one sentence for the operator. */
  failed(why: string): void {
    const nowMs = this.#clock.nowMs();
    const waitedMs = nowMs - (this.#waitingSinceMs ?? nowMs);
    if (this.#isRaised || waitedMs < unwrittenMs) return;
    this.#isRaised = true;
    this.#tell('raised', `nothing was written for ${secondsOf(waitedMs)} s: ${why}`);
  }

  async #write<T>(work: () => Promise<T>): Promise<T> {
    const fromMs = this.#clock.nowMs();
    this.#waitingSinceMs ??= fromMs;
    try {
      const done = await work();
      this.#written(fromMs);
      return done;
    } catch (error) {
      if (error instanceof BotError) this.failed(error.message);
      throw error;
    }
  }

  #written(fromMs: number): void {
    const nowMs = this.#clock.nowMs();
    const waitedMs = nowMs - (this.#waitingSinceMs ?? nowMs);
    this.#waitingSinceMs = undefined;
    this.#report({ kind: 'written', tookMs: nowMs - fromMs });
    if (this.#isRaised) this.#tell('cleared', `written again, after ${secondsOf(waitedMs)} s`);
    this.#isRaised = false;
  }

  #tell(state: AlertChange['state'], cause: string): void {
    this.#report({ kind: 'alert', name: this.#alert, state, cause });
  }
}

function secondsOf(ms: number): number {
  return Math.round(ms / 1000);
}
