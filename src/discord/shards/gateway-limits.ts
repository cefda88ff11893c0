import { Routes } from 'discord.js';
import { z } from 'zod';
import type { Clock } from '#src/base/clock.ts';
import type { AccountRest } from '#src/discord/account/account-rest.ts';

export type GatewayLimits = {
  readonly recommendedShards: number;
  /** Shards with different ids modulo this number may identify at the same time. */
  readonly maxConcurrency: number;
  /** Absent where a server other than Discord leaves it out. */
  readonly startLimit: StartLimit | undefined;
};

/** Discord takes a token away once all identifies are used. */
export type StartLimit = {
  readonly total: number;
  readonly remaining: number;
  readonly resetAfterMs: number;
};

/** Other servers may leave fields out. */
const countSchema = z.int().positive().catch(1);
const amountSchema = z.number().nonnegative();
const gatewaySchema = z.object({
  url: z.string(),
  shards: countSchema,
  session_start_limit: z
    .object({
      total: amountSchema.optional(),
      remaining: amountSchema.optional(),
      reset_after: amountSchema.optional(),
      max_concurrency: countSchema,
    })
    .catch({ max_concurrency: 1 }),
});

/** Reads how many shards may identify, and how often. Throws as `AccountRest.read` does. */
export async function readGatewayLimits(
  rest: AccountRest,
  signal: AbortSignal,
): Promise<GatewayLimits> {
  const answer = await rest.read(Routes.gatewayBot(), gatewaySchema, signal);
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
    maxConcurrency,
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

export type IdentifyThrottleDeps = {
  readonly clock: Clock;
  readonly maxConcurrency: number;
  readonly startLimit?: StartLimit;
  /** Called before each wait for new identifies, with its length in ms. */
  readonly onSpent?: (waitMs: number) => void;
  /** Returns false while another process uses the bucket. */
  readonly takeBucket?: (bucket: number) => Promise<boolean>;
};

type IdentifyBudget = { readonly count: number; readonly untilMs: number };

/** Each bucket, `id mod maxConcurrency`, has one identify at a time. */
export class IdentifyThrottle {
  readonly #deps;
  readonly #bucketsFreeAtMs = new Map<number, number>();
  #budget: IdentifyBudget | undefined;

  constructor(deps: IdentifyThrottleDeps) {
    this.#deps = deps;
    const { clock, startLimit } = deps;
    this.#budget = startLimit && {
      count: startLimit.remaining,
      untilMs: clock.nowMs() + startLimit.resetAfterMs,
    };
  }

  /** Waits until a shard may identify, maybe for a day. Counts its identify. */
  async wait(shardId: number, signal: AbortSignal): Promise<void> {
    const { clock, maxConcurrency, onSpent, takeBucket } = this.#deps;
    for (let waitMs = this.#spend(); waitMs > 0; waitMs = this.#spend()) {
      onSpent?.(waitMs);
      await clock.sleep(waitMs, signal);
    }
    const bucket = shardId % Math.max(1, maxConcurrency);
    const nowMs = clock.nowMs();
    const atMs = Math.max(nowMs, this.#bucketsFreeAtMs.get(bucket) ?? nowMs);
    this.#bucketsFreeAtMs.set(bucket, atMs + identifySpacingMs);
    if (atMs > nowMs) await clock.sleep(atMs - nowMs, signal);
    while (takeBucket && !(await takeBucket(bucket)))
      await clock.sleep(askAgainMs, signal);
  }

  /** Counts one identify, or returns the wait in ms. */
  #spend() {
    const { clock, startLimit } = this.#deps;
    if (!this.#budget || !startLimit) return 0;
    const nowMs = clock.nowMs();
    const isReset = nowMs >= this.#budget.untilMs;
    const { count, untilMs } = isReset
      ? { count: startLimit.total, untilMs: nowMs + startLimitMs }
      : this.#budget;
    if (count <= identifyReserve) return untilMs - nowMs;
    this.#budget = { count: count - 1, untilMs };
    return 0;
  }
}
