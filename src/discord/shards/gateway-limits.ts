import { Routes } from 'discord.js';
import { z } from 'zod';
import type { Clock } from '#src/base/clock.ts';
import type { AccountRest } from '#src/discord/account/account-rest.ts';

export type GatewayLimits = Awaited<ReturnType<typeof readGatewayLimits>>;

/** Discord takes a token away once all identifies are used. */
export type StartLimit = NonNullable<GatewayLimits['startLimit']>;

/** Other servers may leave fields out. */
const count = z.int().positive().catch(1);
const amount = z.number().nonnegative();
const gateway = z.object({
  url: z.string(),
  shards: count,
  session_start_limit: z
    .object({
      total: amount.optional(),
      remaining: amount.optional(),
      reset_after: amount.optional(),
      max_concurrency: count,
    })
    .catch({ max_concurrency: 1 }),
});

export async function readGatewayLimits(rest: AccountRest, signal: AbortSignal) {
  const answer = await rest.read(Routes.gatewayBot(), gateway, signal);
  const { shards: recommendedShards, session_start_limit: limit } = answer;
  const {
    max_concurrency: maxConcurrency,
    remaining,
    reset_after: resetAfterMs,
    total,
  } = limit;
  const isLimited =
    total !== undefined && remaining !== undefined && resetAfterMs !== undefined;
  return {
    recommendedShards,
    /** Shards with different ids modulo this number may identify at the same time. */
    maxConcurrency,
    /** Absent where a server other than Discord leaves it out. */
    startLimit: isLimited ? { total, remaining, resetAfterMs } : undefined,
  };
}

/** Discord's 5 s, and the jitter of the network. */
export const identifySpacingMs = 5_250;
/** Discord resets the token of a bot that uses all 1,000 of a day. */
const identifyReserve = 50;
/**
 * Time, in ms, after which Discord grants all identifies anew:
 * https://docs.discord.com/developers/events/gateway#session-start-limit-object
 */
const startLimitMs = 86_400_000;

const askAgainMs = 250;

export type IdentifyThrottleOptions = {
  readonly clock: Clock;
  readonly maxConcurrency: number;
  readonly startLimit?: StartLimit;
  readonly onSpent?: (waitMs: number) => void;
  /** Returns false while another process uses the bucket. */
  readonly takeBucket?: (bucket: number) => Promise<boolean>;
};

/** Each bucket, `id mod maxConcurrency`, has one identify at a time. */
export function createIdentifyThrottle(options: IdentifyThrottleOptions) {
  const freeAtMs = new Map<number, number>();
  const { clock, startLimit } = options;
  let left: { readonly count: number; readonly untilMs: number } | undefined =
    startLimit && {
      count: startLimit.remaining,
      untilMs: clock.nowMs() + startLimit.resetAfterMs,
    };

  /** Counts one identify, or returns the wait in ms. */
  function spend() {
    const { clock, startLimit } = options;
    if (!left || !startLimit) return 0;
    const nowMs = clock.nowMs();
    const isReset = nowMs >= left.untilMs;
    const { count, untilMs } = isReset
      ? { count: startLimit.total, untilMs: nowMs + startLimitMs }
      : left;
    if (count <= identifyReserve) return untilMs - nowMs;
    left = { count: count - 1, untilMs };
    return 0;
  }

  return {
    async wait(shardId: number, signal: AbortSignal) {
      const { clock, maxConcurrency, onSpent, takeBucket } = options;
      for (let waitMs = spend(); waitMs > 0; waitMs = spend()) {
        onSpent?.(waitMs);
        await clock.sleep(waitMs, signal);
      }
      const bucket = shardId % Math.max(1, maxConcurrency);
      const nowMs = clock.nowMs();
      const atMs = Math.max(nowMs, freeAtMs.get(bucket) ?? nowMs);
      freeAtMs.set(bucket, atMs + identifySpacingMs);
      if (atMs > nowMs) await clock.sleep(atMs - nowMs, signal);
      while (takeBucket && !(await takeBucket(bucket)))
        await clock.sleep(askAgainMs, signal);
    },
  };
}
