import type { Clock } from '#src/base/clock.ts';

type Sleeper = { readonly dueMs: number; readonly wake: () => void };

const startedMs = Date.UTC(2026, 10, 20, 16, 25);
/** Turns of the event loop in which everything that needs no time has happened. */
const turns = 4;

/** Virtual time that may also leap: sleepers meanwhile wake once, at its end. */
export class LeapingClock implements Clock {
  #nowMs = 0;
  #sleepers = new Set<Sleeper>();

  nowMs(): number {
    return this.#nowMs;
  }

  wallMs(): number {
    return startedMs + this.#nowMs;
  }

  async sleep(ms: number, signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const sleeper = { dueMs: this.#nowMs + Math.max(0, ms), wake: resolve };
    const leave = () => reject(signal.reason);
    this.#sleepers.add(sleeper);
    signal.addEventListener('abort', leave);
    try {
      await promise;
    } finally {
      signal.removeEventListener('abort', leave);
      this.#sleepers.delete(sleeper);
    }
  }

  later(ms: number, run: () => void): () => void {
    const sleeper = { dueMs: this.#nowMs + Math.max(0, ms), wake: run };
    this.#sleepers.add(sleeper);
    return () => void this.#sleepers.delete(sleeper);
  }

  /** Wakes sleepers in order of their hour, each with time to go to sleep again. */
  async advance(ms: number): Promise<void> {
    const untilMs = this.#nowMs + ms;
    await settled();
    for (let next = this.#next(untilMs); next !== undefined; next = this.#next(untilMs)) {
      this.#nowMs = Math.max(this.#nowMs, next);
      this.#wake();
      await settled();
    }
    this.#nowMs = untilMs;
  }

  async leap(ms: number): Promise<void> {
    await settled();
    this.#nowMs += ms;
    this.#wake();
    await settled();
  }

  #next(untilMs: number): number | undefined {
    const dueMs = Math.min(...[...this.#sleepers].map((one) => one.dueMs));
    return dueMs <= untilMs ? dueMs : undefined;
  }

  #wake(): void {
    for (const sleeper of this.#sleepers) {
      if (sleeper.dueMs > this.#nowMs) continue;
      this.#sleepers.delete(sleeper);
      sleeper.wake();
    }
  }
}

async function settled(): Promise<void> {
  for (let turn = 0; turn < turns; turn++) {
    await new Promise<void>((resolve) => {
      setImmediate(resolve);
    });
  }
}
