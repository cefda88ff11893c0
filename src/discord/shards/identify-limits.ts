import type { Clock } from '#src/base/clock.ts';
import type { IdentifyAnswer, StartLimit } from './ownership.ts';

/** Least time, in ms, between two identifies of one bucket: Discord's 5 s, and the jitter of the network. */
export const identifySpacingMs = 5_250;
/** Identifies that are left alone: Discord resets the token of a bot that uses up all 1,000 of a day. */
export const identifyReserve = 50;
/** Time, in ms, after which Discord grants all identifies anew. Source: Discord docs, "Session Start Limit". */
export const startLimitMs = 86_400_000;

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

export type IdentifyThrottleOptions = {
  readonly clock: Clock;
  readonly maxConcurrency: number;
  /** Absent: there is no daily limit. */
  readonly starts?: CountedStarts | undefined;
  /** Told of each wait for the daily limit. */
  readonly onSpent?: (waitMs: number) => void;
  readonly onCount?: (starts: CountedStarts) => void;
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
    const { clock, maxConcurrency, onSpent } = this.#options;
    for (let waitMs = this.#spend(); waitMs > 0; waitMs = this.#spend()) {
      onSpent?.(waitMs);
      await clock.sleep(waitMs, signal);
    }
    const bucket = shardId % Math.max(1, maxConcurrency);
    const nowMs = clock.nowMs();
    const atMs = Math.max(nowMs, this.#freeAtMs.get(bucket) ?? nowMs);
    this.#freeAtMs.set(bucket, atMs + identifySpacingMs);
    if (atMs > nowMs) await clock.sleep(atMs - nowMs, signal);
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

/** Time, in ms, until a database that does not answer is asked again, and longest time until one that said to wait is. */
const [askAgainMs, askLatestMs] = [500, 60_000];

/** Waits until the database lets a shard identify; false where it belongs to another process. Aborting throws. */
export async function untilGranted(
  ask: () => Promise<IdentifyAnswer>,
  { clock, onSpent }: Pick<IdentifyThrottleOptions, 'clock' | 'onSpent'>,
  signal: AbortSignal,
): Promise<boolean> {
  for (let isReported = false; ; ) {
    signal.throwIfAborted();
    const away = { kind: 'wait', waitMs: askAgainMs } as const;
    const answer = await ask().catch(() => away);
    if (!('waitMs' in answer)) return answer.kind === 'granted';
    const isSpent = answer.kind === 'spent';
    if (isSpent && !isReported) onSpent?.(answer.waitMs);
    isReported ||= isSpent;
    await clock.sleep(Math.min(answer.waitMs, askLatestMs), signal);
  }
}
