import type { WaitOutcome } from './track-outcomes.ts';

/** Those who wait for a track; each is told once. */
export class TrackWaits {
  readonly #waits = new Set<(why: WaitOutcome) => void>();

  /** Aborting `signal` throws `signal.reason`. */
  async wait(signal: AbortSignal): Promise<WaitOutcome> {
    signal.throwIfAborted();
    const { promise, resolve, reject } = Promise.withResolvers<WaitOutcome>();
    const leave = () => reject(signal.reason);
    this.#waits.add(resolve);
    signal.addEventListener('abort', leave);
    try {
      return await promise;
    } finally {
      this.#waits.delete(resolve);
      signal.removeEventListener('abort', leave);
    }
  }

  settle(why: WaitOutcome): void {
    for (const resolve of this.#waits) resolve(why);
    this.#waits.clear();
  }
}
