import type { Clock } from '#src/base/clock.ts';
import type { StartLimit } from './gateway-limits.ts';

/** Least time, in ms, between two identifies of one bucket: Discord's 5 s, and the jitter of the network. */
export const identifySpacingMs = 5_250;
/** Identifies that are left alone: Discord resets the token of a bot that uses up all 1,000 of a day. */
const identifyReserve = 50;
/**
 * Time, in ms, after which Discord grants all identifies anew:
 * https://docs.discord.com/developers/events/gateway#session-start-limit-object
 */
const startLimitMs = 86_400_000;

/** Time, in ms, after which a bucket that another process uses is asked for again. */
const askAgainMs = 250;

export type IdentifyThrottleOptions = {
  readonly clock: Clock;
  readonly maxConcurrency: number;
  /** Absent: there is no daily limit. */
  readonly startLimit?: StartLimit;
  /** Told of each wait for the daily limit. */
  readonly onSpent?: (waitMs: number) => void;
  /** Takes a bucket for one identify; false while another process uses it. Absent: there is no other. */
  readonly takeBucket?: (bucket: number) => Promise<boolean>;
};

/** Paces the identifies of one process: one bucket, `id mod maxConcurrency`, in its order; none once few are left. */
export class IdentifyThrottle {
  readonly #options;
  /** When each bucket is free again. */
  readonly #freeAtMs = new Map<number, number>();
  /** Identifies left until a time of the monotonic clock, in ms. */
  #left: { readonly count: number; readonly untilMs: number } | undefined;

  constructor(options: IdentifyThrottleOptions) {
    const { clock, startLimit } = options;
    this.#options = options;
    this.#left = startLimit && {
      count: startLimit.remaining,
      untilMs: clock.nowMs() + startLimit.resetAfterMs,
    };
  }

  /** Resolves when this shard may identify. */
  async wait(shardId: number, signal: AbortSignal): Promise<void> {
    const { clock, maxConcurrency, onSpent, takeBucket } = this.#options;
    for (let waitMs = this.#spend(); waitMs > 0; waitMs = this.#spend()) {
      onSpent?.(waitMs);
      await clock.sleep(waitMs, signal);
    }
    const bucket = shardId % Math.max(1, maxConcurrency);
    const nowMs = clock.nowMs();
    const atMs = Math.max(nowMs, this.#freeAtMs.get(bucket) ?? nowMs);
    this.#freeAtMs.set(bucket, atMs + identifySpacingMs);
    if (atMs > nowMs) await clock.sleep(atMs - nowMs, signal);
    while (takeBucket && !(await takeBucket(bucket)))
      await clock.sleep(askAgainMs, signal);
  }

  /** Counts one identify, or tells the time in ms until there are enough again. */
  #spend() {
    const { clock, startLimit } = this.#options;
    if (!this.#left || !startLimit) return 0;
    const nowMs = clock.nowMs();
    const isReset = nowMs >= this.#left.untilMs;
    const { count, untilMs } = isReset
      ? { count: startLimit.total, untilMs: nowMs + startLimitMs }
      : this.#left;
    if (count <= identifyReserve) return untilMs - nowMs;
    this.#left = { count: count - 1, untilMs };
    return 0;
  }
}
