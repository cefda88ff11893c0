import type { Clock } from '#src/base/clock.ts';

/** Least time, in ms, between two identifies of one bucket: Discord's 5 s, and what the network may take from it. */
export const identifySpacingMs = 5_250;

/** Spaces the identifies of one process: shards of one bucket, `id mod maxConcurrency`, go one after the other. */
export class IdentifyThrottle {
  readonly #clock: Clock;
  readonly #maxConcurrency: number;
  /** When each bucket is free again. */
  readonly #freeAtMs = new Map<number, number>();

  constructor(clock: Clock, maxConcurrency: number) {
    this.#clock = clock;
    this.#maxConcurrency = Math.max(1, maxConcurrency);
  }

  /** Resolves when this shard may identify; calls of one bucket are served in their order. */
  async wait(shardId: number, signal: AbortSignal): Promise<void> {
    const bucket = shardId % this.#maxConcurrency;
    const nowMs = this.#clock.nowMs();
    const atMs = Math.max(nowMs, this.#freeAtMs.get(bucket) ?? nowMs);
    this.#freeAtMs.set(bucket, atMs + identifySpacingMs);
    if (atMs > nowMs) await this.#clock.sleep(atMs - nowMs, signal);
  }
}
