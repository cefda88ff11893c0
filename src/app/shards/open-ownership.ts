import { hostname } from 'node:os';
import packageJson from '#package.json' with { type: 'json' };
import type { BotOptions } from '#src/app/bot-options.ts';
import { realClock } from '#src/base/clock.ts';
import type { Secret } from '#src/base/secret.ts';
import { readBotId } from '#src/discord/shards/gateway-limits.ts';
import { countedStarts, IdentifyThrottle } from '#src/discord/shards/identify-limits.ts';
import type { GatewayLimits, ShardOwnership } from '#src/discord/shards/ownership.ts';
import { ownershipRules } from '#src/discord/shards/ownership-step.ts';
import { SharedShards } from '#src/discord/shards/shared-shards.ts';
import { ProcessRun } from './process-run.ts';

/** Time, in ms, for asking Discord whose token it is. */
const askMs = 20_000;
const allShards = 16_384;
/** Size of the pool: renewals, logins and claims of interactions are short, and must not wait for the store's writes. */
const mostConnections = 4;

/**
 * Opens what says which shards are this process's own: itself, or the database that it shares with others. After a loop of
 * crashes it waits first. Errors: BotError.
 */
export async function openOwnership(
  options: BotOptions,
  limits: GatewayLimits,
  signal: AbortSignal,
): Promise<ShardOwnership> {
  const { config, onShards = () => undefined } = options;
  await using stack = new AsyncDisposableStack();
  const run = stack.use(await ProcessRun.open(config.dataDir, realClock, signal));
  stack.defer(() => {
    if (signal.aborted) run.end();
  });
  if (run.backoffMs > 0) {
    onShards({ kind: 'crashing', starts: run.starts, waitMs: run.backoffMs });
    await realClock.sleep(run.backoffMs, signal);
  }
  const { databaseUrl: url } = config;
  const ownership = url
    ? await openSharedShards(options, { url, run, limits, stack }, signal)
    : localShards(config.shards, limits, throttleOf(limits, run, onShards));
  const closing = stack.move();
  return {
    async open(host, until) {
      await ownership.open(host, until);
      closing.defer(() => run.end());
    },
    isSpare: () => ownership.isSpare(),
    ownerOf: (guildId) => ownership.ownerOf(guildId),
    [Symbol.asyncDispose]: () => closing.disposeAsync(),
  };
}

/** All shards for one process, which is alone: as many as are `wanted`, or as Discord recommends. */
export function localShards(
  wanted: number | 'auto',
  { recommendedShards }: GatewayLimits,
  throttle: IdentifyThrottle,
): Omit<ShardOwnership, typeof Symbol.asyncDispose> {
  const count = wanted === 'auto' ? recommendedShards : wanted;
  const shards = Array.from({ length: count }, (_, id) => ({
    id,
    count,
    recommendedCount: recommendedShards,
    waitToIdentify: (signal: AbortSignal) => throttle.wait(id, signal),
  }));
  return {
    async open(host) {
      await Promise.all(shards.map((shard) => host.start(shard)));
    },
    isSpare: () => false,
    ownerOf: () => undefined,
  };
}

/** Host and process id, for people. */
function processName(): string {
  return `${hostname()} ${process.pid}`;
}

function throttleOf(
  { maxConcurrency, startLimit }: GatewayLimits,
  run: ProcessRun,
  report: NonNullable<BotOptions['onShards']>,
): IdentifyThrottle {
  const starts = startLimit && countedStarts(startLimit, run.identifies, realClock.wallMs());
  const onSpent = (waitMs: number) => report({ kind: 'spent', waitMs });
  const onCount = (identifies: typeof run.identifies) => run.count(identifies);
  return new IdentifyThrottle({ clock: realClock, maxConcurrency, starts, onSpent, onCount });
}

type SharedParts = {
  readonly url: Secret;
  readonly run: ProcessRun;
  readonly limits: GatewayLimits;
  /** Stack that closes the opened parts. */
  readonly stack: AsyncDisposableStack;
};

async function openSharedShards(
  { config, discord, onShards: report = () => undefined }: BotOptions,
  { url, run: { id }, limits, stack }: SharedParts,
  signal: AbortSignal,
): Promise<SharedShards> {
  // Nothing of the database is loaded where it is not used.
  const { openShardRegistry } = await import(
    '#src/storage/postgres/shards/postgres-shard-registry.ts'
  );
  const botId = await readBotId({ timeoutMs: askMs, ...discord }, signal);
  const { leaseMs } = ownershipRules;
  const clock = realClock;
  const registry = stack.use(
    await openShardRegistry({ url, clock, processId: id, leaseMs, mostConnections }),
  );
  const process = {
    id,
    botId,
    name: processName(),
    version: packageJson.version,
    limit: config.shardsPerProcess ?? allShards,
    ...(config.shards !== 'auto' && { wantedCount: config.shards }),
    recommendedCount: limits.recommendedShards,
    ...(limits.startLimit && { startLimit: limits.startLimit }),
  };
  return stack.use(new SharedShards({ registry, process, limits, clock, leaseMs, report }));
}
