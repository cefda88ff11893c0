import { SeenFor } from './seen-for.ts';

/** Heartbeats go out once an interval, so two have no answer by then; the library waits for four and a close besides. */
const intervals = 2.5;
const longestLookMs = 1_000;

/** Watchdog of one voice socket, by the answers to its heartbeats. */
export class HeartbeatWatchdog {
  readonly #silent = new SeenFor(longestLookMs);
  #intervalMs: number | undefined;
  #isAnswered = false;

  /** Op 8. */
  hello(intervalMs: number): void {
    this.#intervalMs = intervalMs;
    this.#isAnswered = true;
  }

  /** Op 6. */
  answered(): void {
    this.#isAnswered = true;
  }

  isDead(atMs: number): boolean {
    const ms = this.#silent.look(!this.#isAnswered, atMs);
    this.#isAnswered = false;
    return this.#intervalMs !== undefined && ms >= intervals * this.#intervalMs;
  }
}
