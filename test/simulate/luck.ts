type Timer = { readonly atMs: number; readonly run: () => void };

/** Timers in virtual time. Nothing passes by itself. */
export class VirtualTime {
  #nowMs = 0;
  /** Sorted, the next one last. */
  #timers: Timer[] = [];

  get nowMs(): number {
    return this.#nowMs;
  }

  /** Number of timers that wait. */
  get waiting(): number {
    return this.#timers.length;
  }

  /** Returns a function that cancels the timer. */
  later(ms: number, run: () => void): () => void {
    const timer = { atMs: this.#nowMs + Math.max(0, ms), run };
    const place = this.#timers.findLastIndex((one) => one.atMs > timer.atMs);
    this.#timers.splice(place + 1, 0, timer);
    return () => {
      this.#timers = this.#timers.filter((one) => one !== timer);
    };
  }

  /** Runs every timer that is due by then, in order. */
  advance(untilMs: number): void {
    for (;;) {
      const next = this.#timers.at(-1);
      if (!next || next.atMs > untilMs) break;
      this.#timers.pop();
      this.#nowMs = next.atMs;
      next.run();
    }
    this.#nowMs = Math.max(this.#nowMs, untilMs);
  }
}

/** Number from 0 to 1 by seed and key alone, so that a shorter script meets the same delays. */
export function chance(seed: number, key: string): number {
  let hash = 2_166_136_261 ^ seed;
  for (let at = 0; at < key.length; at++) {
    hash = Math.imul(hash ^ key.charCodeAt(at), 16_777_619);
  }
  hash = Math.imul(hash ^ (hash >>> 15), 2_246_822_507);
  hash = Math.imul(hash ^ (hash >>> 13), 3_266_489_909);
  return ((hash ^ (hash >>> 16)) >>> 0) / 2 ** 32;
}
