import { Routes } from 'discord.js';
import { z } from 'zod';
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
    /** Shards whose ids differ modulo this number may identify at the same time. */
    maxConcurrency,
    /** Absent where a server other than Discord leaves it out. */
    startLimit: isLimited ? { total, remaining, resetAfterMs } : undefined,
  };
}
