import type { AlertChange, AlertName } from '#src/base/alerts.ts';

/** Longest time, in ms, that something to be written may wait for the first write that succeeds. */
const unwrittenMs = 30_000;

/** Watchdog over writes: raises an alert, and clears it with the next write that succeeds. */
export class WriteWatchdog {
  readonly #alert: AlertName;
  #waitingSinceMs: number | undefined;
  #why = 'no write has ended';
  #isRaised = false;

  constructor(alert: AlertName) {
    this.#alert = alert;
  }

  /** Whether something was to be written, and nothing has been since. */
  get isWaiting(): boolean {
    return this.#waitingSinceMs !== undefined;
  }

  began(atMs: number): void {
    this.#waitingSinceMs ??= atMs;
  }

  /** `why` is one sentence for the operator. */
  failed(why: string): void {
    this.#why = why;
  }

  written(atMs: number): AlertChange | undefined {
    const sinceMs = this.#waitingSinceMs ?? atMs;
    this.#waitingSinceMs = undefined;
    if (!this.#isRaised) return undefined;
    this.#isRaised = false;
    return this.#change('cleared', `written again, after ${secondsOf(atMs - sinceMs)} s`);
  }

  tick(atMs: number): AlertChange | undefined {
    const sinceMs = this.#waitingSinceMs ?? atMs;
    if (this.#isRaised || atMs - sinceMs < unwrittenMs) return undefined;
    this.#isRaised = true;
    return this.#change(
      'raised',
      `nothing was written for ${secondsOf(atMs - sinceMs)} s: ${this.#why}`,
    );
  }

  #change(state: AlertChange['state'], cause: string): AlertChange {
    return { kind: 'alert', name: this.#alert, state, cause };
  }
}

function secondsOf(ms: number): number {
  return Math.round(ms / 1000);
}
