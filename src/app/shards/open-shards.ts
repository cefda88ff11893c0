import { join } from 'node:path';
import type { BotOptions } from '#src/app/bot-options.ts';
import { realClock } from '#src/base/clock.ts';
import type { ShardRange } from '#src/config/shard-range.ts';
import {
  type GatewayLimits,
  IdentifyThrottle,
  identifySpacingMs,
} from '#src/discord/shards/gateway-limits.ts';
import type { OwnedShard } from '#src/discord/shards/owned-shard.ts';
import { lockDataDir } from '#src/storage/data-dir/data-dir-lock.ts';

export interface OpenShards extends AsyncDisposable {
  /** Number of shards of the whole bot. */
  readonly count: number;
  /** Shards of this process. */
  readonly shards: readonly OwnedShard[];
}

/**
 * Opens the shards once no other process has them, or another number of shards. Closing
 * releases them. Throws BotError.
 */
export async function openShards(
  options: BotOptions,
  limits: GatewayLimits,
  signal: AbortSignal,
): Promise<OpenShards> {
  const {
    config: { gateway, storage },
    onShards = () => undefined,
  } = options;
  const { maxConcurrency, recommendedShards, startLimit } = limits;
  await using stack = new AsyncDisposableStack();
  stack.use(await claimProcess(storage.dataDir, signal));
  const count = gateway.shards === 'auto' ? recommendedShards : gateway.shards;
  const range = gateway.shardRange ?? { first: 0, last: count - 1 };
  const locks = await openLocks(options, { count, ...range }, signal);
  if (locks) stack.use(locks);
  const throttle = new IdentifyThrottle({
    clock: realClock,
    maxConcurrency,
    startLimit,
    onSpent: (waitMs) => onShards({ kind: 'spent', waitMs }),
    takeBucket: locks && ((bucket) => locks.takeBucket(bucket, identifySpacingMs)),
  });
  const shardIds = listShardIds(range);
  return Object.assign(stack.move(), {
    count,
    shards: shardIds.map(
      (id): OwnedShard => ({
        id,
        count,
        recommendedCount: recommendedShards,
        waitToIdentify: (until) => throttle.wait(id, until),
      }),
    ),
  });
}

function listShardIds({ first: firstId, last: lastId }: ShardRange) {
  return Array.from({ length: lastId - firstId + 1 }, (_, index) => firstId + index);
}

/** Locks the folder for `npm run reload`, unless another process has it. */
async function claimProcess(dataDir: string, signal: AbortSignal) {
  const lock = lockDataDir(join(dataDir, 'process'), { clock: realClock }, signal);
  return await lock.catch(() => undefined);
}

async function openLocks(
  {
    config: {
      storage: { databaseUrl: url },
    },
    onShards = () => undefined,
    onStore,
  }: BotOptions,
  range: { readonly count: number; readonly first: number; readonly last: number },
  signal: AbortSignal,
) {
  if (!url) return undefined;
  const { openShardLocks } = await import('#src/storage/postgres/shard-locks.ts');
  return await openShardLocks(
    {
      ...range,
      url,
      clock: realClock,
      onWait: (reason) => onShards({ kind: 'waiting', why: reason }),
      onLost: (reason) => onShards({ kind: 'lost', why: reason }),
      report: onStore,
    },
    signal,
  );
}
