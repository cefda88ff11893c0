import { setTimeout as wait } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { realClock } from '#src/base/clock.ts';
import { Secret } from '#src/base/secret.ts';
import type { ShardHost } from '#src/discord/shards/ownership.ts';
import { ownershipRules } from '#src/discord/shards/ownership-step.ts';
import { SharedShards } from '#src/discord/shards/shared-shards.ts';
import { openShardRegistry } from '#src/storage/postgres/shards/postgres-shard-registry.ts';
import { openSchema, type TestSchema, withPostgres } from '#test/fakes/postgres.ts';
import { TcpProxy } from '#test/fakes/tcp-proxy.ts';
import { runs } from '#test/properties.ts';

/** Lease of a shard, in ms, that a test can wait for. */
const leaseMs = 10_000;
const faultsOfAScenario = runs(3);
/** Time, in ms, of a short fault, which ends nothing, and longest time until all is served again. */
const shortMs = 3_500;
const backMs = leaseMs + ownershipRules.unchangedMs + 12_000;
/** Time, in ms, after a fault: everybody has renewed. */
const restMs = 5_000;
const never = new AbortController().signal;

/** A process with a way of its own to the database; its shards begin and end at once. */
type Party = AsyncDisposable & {
  readonly id: string;
  readonly way: TcpProxy;
  readonly serving: Set<number>;
};

type LeaseTrial = {
  readonly parties: Party[];
  readonly doubled: string[];
  /** Shards that were given up for want of a renewal. */
  readonly givenUp: string[];
  readonly shards: number;
};

async function join(
  trial: LeaseTrial,
  schema: TestSchema,
  id: string,
  oneWayMs: number,
): Promise<Party> {
  await using stack = new AsyncDisposableStack();
  const way = stack.use(await TcpProxy.before(schema.url.reveal()));
  way.delay(oneWayMs);
  const { shards } = trial;
  const registry = stack.use(
    await openShardRegistry({
      url: new Secret(way.through(schema.url.reveal())),
      clock: realClock,
      processId: id,
      leaseMs,
      mostConnections: 4,
    }),
  );
  const serving = new Set<number>();
  const starts = new Map<number, AbortController>();
  const host: ShardHost = {
    async fence({ id: shardId, sharing }) {
      // Discord ends the session of an owner that goes on without a lease.
      if (sharing?.mustEndFormer) for (const one of trial.parties) one.serving.delete(shardId);
      return 'resumed';
    },
    async start(shard) {
      const start = new AbortController();
      starts.set(shard.id, start);
      await shard.waitToIdentify(start.signal);
      const others = trial.parties.filter((one) => one.serving.has(shard.id));
      for (const other of others) trial.doubled.push(`${shard.id} by ${other.id} and ${id}`);
      serving.add(shard.id);
      const sessionId = `${id} ${shard.id} ${realClock.nowMs()}`;
      shard.sharing?.sessionChanged({ sessionId, resumeUrl: 'wss://gateway', sequence: 1 });
    },
    async stop(shardId, why) {
      starts.get(shardId)?.abort(new Error('stopped'));
      serving.delete(shardId);
      if (why === 'given-up') trial.givenUp.push(`${shardId} by ${id}`);
    },
    seats: () => new Map(),
  };
  const process = { id, botId: 'bot', name: id, version: '0', limit: 100 };
  const shared = new SharedShards({
    registry,
    process: { ...process, recommendedCount: shards },
    limits: { recommendedShards: shards, maxConcurrency: shards },
    clock: realClock,
    leaseMs,
    report: () => undefined,
  });
  await shared.open(host, never);
  stack.use(shared);
  const all = stack.move();
  const party = { id, way, serving, [Symbol.asyncDispose]: () => all.disposeAsync() };
  trial.parties.push(party);
  return party;
}

function isWhole({ parties, shards }: LeaseTrial): boolean {
  return new Set(parties.flatMap(({ serving }) => [...serving])).size === shards;
}

async function whole(trial: LeaseTrial): Promise<number> {
  const fromMs = realClock.nowMs();
  while (!isWhole(trial) && realClock.nowMs() - fromMs < backMs) await wait(100);
  return realClock.nowMs() - fromMs;
}

type Break = (way: TcpProxy) => void;
const breaks: Readonly<Record<string, Break>> = {
  cut: (way) => way.cut(),
  swallow: (way) => way.swallow(),
  answers: (way) => way.swallowAnswers(),
};

/** One fault on the way of one process, or of both, and what it did. */
async function play(trial: LeaseTrial, n: number, oneWayMs: number): Promise<string[]> {
  const [kind = '', damage] = Object.entries(breaks)[n % 3] ?? [];
  const isLong = n % 4 === 3;
  const { length: before } = trial.givenUp;
  const hit = n % 2 === 0 ? trial.parties : trial.parties.slice(n % 3 === 0 ? 0 : 1).slice(0, 1);
  for (const { way } of hit) damage?.(way);
  await wait(isLong ? leaseMs + 4_000 : shortMs);
  for (const { way } of hit) {
    way.heal();
    way.delay(oneWayMs);
  }
  const tookMs = await whole(trial);
  await wait(restMs);
  const what = `fault ${n}, ${kind} for ${isLong ? 'long' : 'short'}`;
  return [
    ...(tookMs < backMs ? [] : [`${what}: not served again`]),
    ...(isLong ? [] : trial.givenUp.slice(before).map((shard) => `${what}: gave up ${shard}`)),
  ];
}

withPostgres(() => {
  test.concurrent.each([
    [4, 10],
    [4, 100],
    [16, 10],
    [16, 100],
  ])(
    'faults on the way to PostgreSQL, %i shards, %i ms away: no shard is served twice or left alone',
    {
      timeout: 580_000,
    },
    async (shards, oneWayMs) => {
      await using schema = await openSchema();
      const trial: LeaseTrial = { parties: [], doubled: [], givenUp: [], shards };
      await using _one = await join(trial, schema, 'one', oneWayMs);
      await using _two = await join(trial, schema, 'two', oneWayMs);
      await wait(4_000 + 3_000 * (shards / 2));
      const findings: string[] = [];
      for (let n = 1; n <= faultsOfAScenario; n++)
        findings.push(...(await play(trial, n, oneWayMs)));
      expect(trial.doubled).toEqual([]);
      expect(findings).toEqual([]);
    },
  );
});
