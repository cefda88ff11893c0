import type { AlertChange } from '#src/base/alerts.ts';

/** Delay of the event loop, in ms, that people may hear: frames are sent every 20 ms, and 60 ms are caught up. */
const mostMs = 100;
/** Time, in ms, without such a delay until the alert is cleared. */
const quietMs = 60_000;

/** Watchdog over the event loop: raises `event-loop-delayed`, and clears it after a quiet minute. */
export class DelayWatchdog {
  #raised: { readonly lastAtMs: number; readonly worstMs: number } | undefined;

  get isRaised(): boolean {
    return this.#raised !== undefined;
  }

  /** `delayMs`: the longest delay since the last step. */
  step(delayMs: number, atMs: number): AlertChange | undefined {
    const before = this.#raised;
    if (delayMs > mostMs) {
      this.#raised = { lastAtMs: atMs, worstMs: Math.max(delayMs, before?.worstMs ?? 0) };
      if (before) return undefined;
      return change('raised', `the main thread stood still for ${Math.round(delayMs)} ms`);
    }
    if (!before || atMs - before.lastAtMs < quietMs) return undefined;
    this.#raised = undefined;
    const worstMs = Math.round(before.worstMs);
    return change('cleared', `at most ${mostMs} ms for a minute; the worst had been ${worstMs} ms`);
  }
}

function change(state: AlertChange['state'], cause: string): AlertChange {
  return { kind: 'alert', name: 'event-loop-delayed', state, cause };
}
