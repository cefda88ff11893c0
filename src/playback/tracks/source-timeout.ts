import type { Clock } from '#src/base/clock.ts';

/** Time without sound from its source, in ms, after which an item is given up. */
const patienceMs = 8_000;

/** How long a source may be silent while it is asked. One timer, however often it gives something. */
export class SourceTimeout {
  readonly #clock: Clock;
  readonly #onLost: () => void;
  #askedAtMs: number | undefined;
  #isHeld = false;
  #isWatched = false;

  constructor(clock: Clock, onLost: () => void) {
    this.#clock = clock;
    this.#onLost = onLost;
  }

  /** The source is asked, unless it has been; watched until `signal` is aborted. */
  ask(signal: AbortSignal): void {
    if (this.#askedAtMs !== undefined) return;
    this.#begin(signal);
  }

  /** Ends the wait: the source gave a sound, or came to its end. */
  calm(): void {
    this.#askedAtMs = undefined;
  }

  /** Nobody wants its sound now; its time begins anew when somebody does. */
  hold(on: boolean, signal: AbortSignal): void {
    this.#isHeld = on;
    if (!on && this.#askedAtMs !== undefined) this.#begin(signal);
  }

  #begin(signal: AbortSignal): void {
    this.#askedAtMs = this.#clock.nowMs();
    if (!this.#isWatched) void this.#watch(signal);
  }

  async #watch(signal: AbortSignal): Promise<void> {
    this.#isWatched = true;
    try {
      while (this.#askedAtMs !== undefined && !this.#isHeld) {
        const leftMs = this.#askedAtMs + patienceMs - this.#clock.nowMs();
        if (leftMs <= 0) return this.#onLost();
        await this.#clock.sleep(leftMs, signal);
      }
    } catch {
      // nobody waits any more
    } finally {
      this.#isWatched = false;
    }
  }
}
