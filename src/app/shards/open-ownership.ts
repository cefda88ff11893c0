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

/** For asking Discord whose token it is, in ms. */
const askMs = 20_000;
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
  // Nothing of the database is loaded where it is not used.
  const { openShardRegistry } = await import('#src/storage/postgres/shards/open-registry.ts');
  await using stack = new AsyncDisposableStack();
  const botId = await readBotId({ timeoutMs: askMs, ...discord }, signal);
  const [clock, id] = [realClock, randomUUID()];
  const registry = stack.use(await openShardRegistry({ url, clock, botId, processId: id }));
  const shared = new SharedShards({
    registry,
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
    ownerOf: (guildId) => shared.ownerOf(guildId),
    [Symbol.asyncDispose]: () => closing.disposeAsync(),
  };
}
