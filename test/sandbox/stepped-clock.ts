import type { Clock } from '#src/base/clock.ts';

/** A clock that stands until it is stepped; sleepers wake when their time has come. */
export class SteppedClock implements Clock {
  #nowMs = 1000;
  #sleepers: { readonly atMs: number; readonly wake: () => void }[] = [];

  nowMs(): number {
    return this.#nowMs;
  }

  wallMs(): number {
    return Date.UTC(2026, 0, 1) + this.#nowMs;
  }

  async sleep(ms: number, signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    signal.addEventListener('abort', () => reject(signal.reason), { once: true });
    this.#sleepers.push({ atMs: this.#nowMs + ms, wake: resolve });
    await promise;
  }

  later(ms: number, run: () => void): () => void {
    const sleeper = { atMs: this.#nowMs + ms, wake: run };
    this.#sleepers.push(sleeper);
    return () => {
      this.#sleepers = this.#sleepers.filter((other) => other !== sleeper);
    };
  }

  /** Moves on by `ms`, in steps of 10, and lets everything that was due happen. */
  async step(ms: number): Promise<void> {
    const endMs = this.#nowMs + ms;
    while (this.#nowMs < endMs) {
      this.#nowMs = Math.min(endMs, this.#nowMs + 10);
      const due = this.#sleepers.filter(({ atMs }) => atMs <= this.#nowMs);
      this.#sleepers = this.#sleepers.filter(({ atMs }) => atMs > this.#nowMs);
      for (const { wake } of due) wake();
      await new Promise(setImmediate);
    }
  }
}
