import type { Clock } from '#src/base/clock.ts';

type Sleeper = { readonly dueMs: number; readonly wake: () => void };

/** Time that passes only when told to. `nowMs` starts at 0, `wallMs` at 2026-11-20 16:25 UTC. */
export class VirtualClock implements Clock {
  #wallStartMs: number;
  #nowMs = 0;
  readonly #sleepers = new Set<Sleeper>();
  readonly #rounds;

  /** `rounds`: of the event loop between two instants; one is enough where nothing but promises is waited for. */
  constructor(wallStartMs: number = Date.UTC(2026, 10, 20, 16, 25), rounds = 1) {
    this.#wallStartMs = wallStartMs;
    this.#rounds = rounds;
  }

  /** Number of sleepers. */
  get sleeping(): number {
    return this.#sleepers.size;
  }

  /** Instant at which the next sleeper wakes; infinite: there is none. */
  get nextDueMs(): number {
    return this.#findNext()?.dueMs ?? Infinity;
  }

  nowMs() {
    return this.#nowMs;
  }

  wallMs() {
    return this.#wallStartMs + this.#nowMs;
  }

  /** Somebody sets the clock on the wall; nothing else of time changes. */
  setWall(byMs: number) {
    this.#wallStartMs += byMs;
  }

  /** The machine sleeps: time passes, and nobody wakes before the next `advance`. */
  suspend(ms: number) {
    this.#nowMs += ms;
  }

  async sleep(ms: number, signal: AbortSignal) {
    signal.throwIfAborted();
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const sleeper = { dueMs: this.#nowMs + Math.max(0, ms), wake: resolve };
    const leaveWait = () => reject(signal.reason);
    this.#sleepers.add(sleeper);
    signal.addEventListener('abort', leaveWait);
    try {
      await promise;
    } finally {
      signal.removeEventListener('abort', leaveWait);
      this.#sleepers.delete(sleeper);
    }
  }

  later(ms: number, run: () => void): () => void {
    const sleeper = { dueMs: this.#nowMs + Math.max(0, ms), wake: run };
    this.#sleepers.add(sleeper);
    return () => void this.#sleepers.delete(sleeper);
  }

  /** Lets `ms` pass, waking sleepers in order of their hour, each with time to go to sleep again. */
  async advance(ms: number) {
    const untilMs = this.#nowMs + ms;
    do await passRounds(this.#rounds);
    while (this.#wakeNext(untilMs));
    this.#nowMs = untilMs;
  }

  /** Lets `ms` pass at once: sleepers that are due by then wake at its end. */
  async leap(ms: number) {
    await passRounds(this.#rounds);
    this.suspend(ms);
    await this.advance(0);
  }

  /** Same as `advance`, for code that waits for no promise. */
  passMs(ms: number) {
    const untilMs = this.#nowMs + ms;
    while (this.#wakeNext(untilMs));
    this.#nowMs = untilMs;
  }

  /** First sleeper that is due; of several at one time, the one that went to sleep first. */
  #findNext() {
    let next: Sleeper | undefined;
    for (const sleeper of this.#sleepers)
      if (next === undefined || sleeper.dueMs < next.dueMs) next = sleeper;
    return next;
  }

  #wakeNext(untilMs: number) {
    const next = this.#findNext();
    if (!next || next.dueMs > untilMs) return false;
    this.#nowMs = Math.max(this.#nowMs, next.dueMs);
    this.#sleepers.delete(next);
    next.wake();
    return true;
  }
}

/** Everything that could happen without time passing has happened. */
export async function waitUntilSettled() {
  await passRounds(5);
}

/** Waits for this many rounds of the event loop. */
export async function passRounds(rounds: number) {
  for (let round = 0; round < rounds; round++) {
    await new Promise<void>((resolve) => {
      setImmediate(resolve);
    });
  }
}
