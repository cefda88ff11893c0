import type { AlertChange, AlertName } from '#src/base/alerts.ts';
import type { Clock } from '#src/base/clock.ts';
import { runPeriodically } from '#src/base/loops/periodic-task.ts';

/** Longest time, in ms, that something to be written may wait for the first write that succeeds. */
const unwrittenMs = 30_000;
/** Time, in ms, between two checks; while nothing could be written the watchdog tries to write itself. */
const watchMs = 10_000;

/** Watchdog over writes: raises an alert, and clears it with the next write that succeeds. */
export class WriteWatchdog {
  readonly #alert: AlertName;
  readonly #clock: Clock;
  readonly #report: (change: AlertChange) => void;
  #waitingSinceMs: number | undefined;
  #why = 'no write has ended';
  #isRaised = false;

  constructor(alert: AlertName, clock: Clock, report: (change: AlertChange) => void) {
    this.#alert = alert;
    this.#clock = clock;
    this.#report = report;
  }

  /** Checks until `signal` is aborted; `probe` writes something. */
  async watch(probe: () => Promise<unknown>, signal: AbortSignal): Promise<void> {
    await runPeriodically(
      {
        name: 'watchdog of the store',
        clock: this.#clock,
        everyMs: watchMs,
        firstAfterMs: watchMs,
        run: () => this.#check(probe),
        report: this.#report,
      },
      signal,
    );
  }

  began(): void {
    this.#waitingSinceMs ??= this.#clock.nowMs();
  }

  /** `why` is one sentence for the operator. */
  failed(why: string): void {
    this.#why = why;
  }

  written(): void {
    const waitedMs = this.#waitedMs();
    this.#waitingSinceMs = undefined;
    if (!this.#isRaised) return;
    this.#isRaised = false;
    this.#reportAlert('cleared', `written again, after ${secondsOf(waitedMs)} s`);
  }

  #check(probe: () => Promise<unknown>): void {
    if (this.#waitingSinceMs === undefined) return;
    const waitedMs = this.#waitedMs();
    if (!this.#isRaised && waitedMs >= unwrittenMs) {
      this.#isRaised = true;
      this.#reportAlert('raised', `nothing was written for ${secondsOf(waitedMs)} s: ${this.#why}`);
    }
    void probe().catch(() => undefined); // its failure is told
  }

  #waitedMs(): number {
    const nowMs = this.#clock.nowMs();
    return nowMs - (this.#waitingSinceMs ?? nowMs);
  }

  #reportAlert(state: AlertChange['state'], cause: string): void {
    this.#report({ kind: 'alert', name: this.#alert, state, cause });
  }
}

function secondsOf(ms: number): number {
  return Math.round(ms / 1000);
}
