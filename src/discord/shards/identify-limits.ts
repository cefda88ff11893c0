import type { Clock } from '#src/base/clock.ts';
import type { StartLimit } from './gateway-limits.ts';

/** Least time, in ms, between two identifies of one bucket: Discord's 5 s, and the jitter of the network. */
export const identifySpacingMs = 5_250;
/** Identifies that are left alone: Discord resets the token of a bot that uses up all 1,000 of a day. */
const identifyReserve = 50;
/** Time, in ms, after which Discord grants all identifies anew. Source: Discord docs, "Session Start Limit". */
const startLimitMs = 86_400_000;

/** Identifies that Discord still allows, with the time of their reset as people's clocks tell it. */
export type CountedStarts = {
  readonly total: number;
  readonly remaining: number;
  readonly resetAtWallMs: number;
};

/** Starts left, by Discord's answer or by the own count, whichever is less. */
export function countedStarts(
  { total, remaining, resetAfterMs }: StartLimit,
  known: CountedStarts | undefined,
  wallMs: number,
): CountedStarts {
  const own = known && known.resetAtWallMs > wallMs ? known.remaining : remaining;
  return { total, remaining: Math.min(own, remaining), resetAtWallMs: wallMs + resetAfterMs };
}

/** Time, in ms, after which a bucket that another process uses is asked for again. */
const askAgainMs = 250;

export type IdentifyThrottleOptions = {
  readonly clock: Clock;
  readonly maxConcurrency: number;
  /** Absent: there is no daily limit. */
  readonly starts?: CountedStarts;
  /** Told of each wait for the daily limit. */
  readonly onSpent?: (waitMs: number) => void;
  readonly onCount?: (starts: CountedStarts) => void;
  /** Takes a bucket for one identify; false while another process uses it. Absent: there is no other. */
  readonly takeBucket?: (bucket: number) => Promise<boolean>;
};

/** Paces the identifies of one process: one bucket, `id mod maxConcurrency`, in its order; none once few are left. */
export class IdentifyThrottle {
  readonly #options: IdentifyThrottleOptions;
  /** When each bucket is free again. */
  readonly #freeAtMs = new Map<number, number>();
  #starts: CountedStarts | undefined;

  constructor(options: IdentifyThrottleOptions) {
    this.#options = options;
    this.#starts = options.starts;
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
    while (takeBucket && !(await takeBucket(bucket))) await clock.sleep(askAgainMs, signal);
  }

  /** Counts one identify, or tells the time in ms until there are enough again. */
  #spend(): number {
    if (!this.#starts) return 0;
    const wallMs = this.#options.clock.wallMs();
    const { total, resetAtWallMs } = this.#starts;
    const isReset = wallMs >= resetAtWallMs;
    const remaining = isReset ? total : this.#starts.remaining;
    if (remaining <= identifyReserve) return resetAtWallMs - wallMs;
    const next = isReset ? wallMs + startLimitMs : resetAtWallMs;
    this.#starts = { total, remaining: remaining - 1, resetAtWallMs: next };
    this.#options.onCount?.(this.#starts);
    return 0;
  }
}
