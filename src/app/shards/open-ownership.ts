import { randomUUID } from 'node:crypto';
import { hostname } from 'node:os';
import packageJson from '#package.json' with { type: 'json' };
import type { BotOptions } from '#src/app/bot-options.ts';
import { realClock } from '#src/base/clock.ts';
import type { Secret } from '#src/base/secret.ts';
import { readBotId } from '#src/discord/shards/gateway-limits.ts';
import { LocalShards } from '#src/shards/local-shards.ts';
import type { GatewayLimits, ShardOwnership } from '#src/shards/ownership.ts';
import { ownershipRules } from '#src/shards/ownership-step.ts';
import { SharedShards } from '#src/shards/shared-shards.ts';
import { migratePostgres } from '#src/storage/postgres/migrate.ts';
import { PostgresPool } from '#src/storage/postgres/pool.ts';
import { PostgresShardRegistry } from '#src/storage/postgres/shards/postgres-shard-registry.ts';
import { shardSchema } from '#src/storage/postgres/shards/schema.ts';

/** For asking Discord whose token it is, in ms. */
const askMs = 20_000;
/** Sessions and claims of interactions are short. */
const mostConnections = 2;
const allShards = 16_384;

/** Who says which shards are this process's own: itself, or the database that it shares with others. Errors: BotError. */
export async function openOwnership(
  options: BotOptions,
  limits: GatewayLimits,
  signal: AbortSignal,
): Promise<ShardOwnership> {
  const { databaseUrl, shards } = options.config;
  if (!databaseUrl) return new LocalShards(shards, limits, realClock);
  return await openSharedShards(options, databaseUrl, limits, signal);
}

async function openSharedShards(
  { config, discord, onShards = () => undefined }: BotOptions,
  url: Secret,
  limits: GatewayLimits,
  signal: AbortSignal,
): Promise<ShardOwnership> {
  await using stack = new AsyncDisposableStack();
  const botId = await readBotId({ timeoutMs: askMs, ...discord }, signal);
  const [clock, id] = [realClock, randomUUID()];
  const pool = stack.use(new PostgresPool({ url, clock, mostConnections }));
  await migratePostgres(pool, [shardSchema]);
  const shared = new SharedShards({
    registry: new PostgresShardRegistry({ url, pool, clock, botId, processId: id }),
    process: {
      id,
      botId,
      name: `${hostname()} ${process.pid}`,
      version: packageJson.version,
      limit: config.shardsPerProcess ?? allShards,
      ...(config.shards !== 'auto' && { wantedCount: config.shards }),
      recommendedCount: limits.recommendedShards,
    },
    limits,
    clock,
    rules: ownershipRules,
    tell: onShards,
  });
  stack.use(shared);
  const closing = stack.move();
  return {
    open: (host, until) => shared.open(host, until),
    isSpare: () => shared.isSpare(),
    [Symbol.asyncDispose]: () => closing.disposeAsync(),
  };
}
