import type { AlertChange, AlertName } from '#src/base/alerts.ts';
import type { Clock } from '#src/base/clock.ts';
import { BotError } from '#src/base/errors.ts';
import { runPeriodically } from '#src/base/loops/periodic-task.ts';
import type { StoreCode } from '#src/sql/store-part.ts';
import type { StoreEvent } from './steady-store.ts';
import { type ProbedStore, type StoreCall, type StoreKind, storeOver } from './store-kind.ts';

/** Longest time, in ms, that something to be written may wait for the first write that succeeds. */
const unwrittenMs = 30_000;
/** Time, in ms, between two checks; while nothing could be written the watchdog tries to write itself. */
const watchMs = 10_000;

/** Watchdog over the writes of a store: raises an alert, and clears it with the next write that succeeds. */
export class WriteWatchdog {
  readonly #alert: AlertName;
  readonly #clock: Clock;
  readonly #report: (event: StoreEvent) => void;
  #waitingSinceMs: number | undefined;
  #why = 'no write has ended';
  #isRaised = false;

  constructor(alert: AlertName, clock: Clock, report: (event: StoreEvent) => void) {
    this.#alert = alert;
    this.#clock = clock;
    this.#report = report;
  }

  /** Store whose operations `call` performs under this watchdog. */
  over<Store extends ProbedStore>(
    kind: StoreKind<Store>,
    call: StoreCall,
    close: () => Promise<void>,
  ): Store {
    const closed = new AbortController();
    const watched: StoreCall = (name, args, code) =>
      this.#perform(code, () => call(name, args, code));
    const task = {
      name: 'watchdog of the store',
      clock: this.#clock,
      everyMs: watchMs,
      firstAfterMs: watchMs,
      run: () => this.#check(watched),
      report: this.#report,
    };
    const watching = runPeriodically(task, closed.signal);
    return storeOver(kind, watched, async () => {
      closed.abort(new Error('closed'));
      await watching;
      await close();
    });
  }

  /** Takes a failure: `why` is one sentence for the operator. */
  failed(why: string): void {
    this.#why = why;
  }

  async #perform<T>(code: StoreCode, work: () => Promise<T>): Promise<T> {
    const isWrite = code === 'store.unwritable';
    const fromMs = this.#clock.nowMs();
    if (isWrite) this.#waitingSinceMs ??= fromMs;
    try {
      const done = await work();
      if (isWrite) this.#written(fromMs);
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

  #check(call: StoreCall): void {
    if (this.#waitingSinceMs === undefined) return;
    const waitedMs = this.#clock.nowMs() - this.#waitingSinceMs;
    if (!this.#isRaised && waitedMs >= unwrittenMs) {
      this.#isRaised = true;
      this.#tell('raised', `nothing was written for ${secondsOf(waitedMs)} s: ${this.#why}`);
    }
    void call('probe', [], 'store.unwritable').catch(() => undefined); // its failure is told
  }

  #tell(state: AlertChange['state'], cause: string): void {
    this.#report({ kind: 'alert', name: this.#alert, state, cause });
  }
}

function secondsOf(ms: number): number {
  return Math.round(ms / 1000);
}
