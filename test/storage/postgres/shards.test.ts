import { setTimeout as wait } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { realClock } from '#src/base/clock.ts';
import type { RegisteredProcess } from '#src/discord/shards/ownership.ts';
import { migratePostgres } from '#src/storage/postgres/migrate.ts';
import { PostgresPool } from '#src/storage/postgres/pool.ts';
import {
  openShardRegistry,
  PostgresShardRegistry,
  resizeShards,
} from '#src/storage/postgres/shards/postgres-shard-registry.ts';
import { shardSchema } from '#src/storage/postgres/shards/schema.ts';
import { shardRegistryContract } from '#test/contracts/shard-registry.ts';
import { openSchema, type TestSchema, withPostgres } from '#test/fakes/postgres.ts';
import { TcpProxy } from '#test/fakes/tcp-proxy.ts';

const clock = realClock;
const usual = { name: 'here 1', version: '0', limit: 10, botId: 'bot', recommendedCount: 2 };
const session = { sessionId: 's', resumeUrl: 'wss://gateway', sequence: 7 };

/** Long enough for a machine that is busy to ask twice within it. */
const leaseMs = 1_500;

withPostgres(() => {
  shardRegistryContract('PostgreSQL', async () => {
    await using stack = new AsyncDisposableStack();
    const schema = stack.use(await openSchema());
    const pool = stack.use(new PostgresPool({ url: schema.url, clock, mostConnections: 2 }));
    await migratePostgres(pool, [shardSchema]);
    const all = stack.move();
    return {
      process: (processId) => new PostgresShardRegistry({ pool, clock, processId, leaseMs }),
      leaseMs,
      pass: (ms) => wait(ms),
      [Symbol.asyncDispose]: () => all.disposeAsync(),
    };
  });
});

/** A process that has registered. */
async function joined(
  { url }: Pick<TestSchema, 'url'>,
  id: string,
  change: Partial<RegisteredProcess> = {},
) {
  const registry = await openShardRegistry({ url, clock, processId: id, leaseMs: 30_000 });
  try {
    const count = await registry.register({ ...usual, id, ...change });
    return { registry, count, [Symbol.asyncDispose]: () => registry[Symbol.asyncDispose]() };
  } catch (error) {
    await registry[Symbol.asyncDispose]();
    throw error;
  }
}

const leases = [{ shardId: 0, epoch: 1, session }];

withPostgres(() => {
  test('a renewal that was late on its way is not performed after a newer one', async () => {
    await using schema = await openSchema();
    await using one = await joined(schema, 'one');
    await one.registry.acquire([{ id: 0, epoch: 0 }]);
    await schema.sql('UPDATE processes SET renewal = renewal + 2');
    const late = await one.registry.renew({ leases, believesAlone: true, limit: 1 });
    expect(late).toBeUndefined();
    expect(await schema.sql('SELECT session_id FROM shards WHERE shard_id = 0')).toEqual([
      { session_id: null },
    ]);
  });

  test('a claim that the database does not decide in 300 ms is left to Discord', async () => {
    await using schema = await openSchema();
    await using way = await TcpProxy.before(schema.url.reveal());
    const url = Object.assign(Object.create(schema.url), {
      reveal: () => way.through(schema.url.reveal()),
    });
    await using one = await joined({ url }, 'one');
    expect(await one.registry.claim('7')).toBe('mine');
    way.swallow();
    expect(await one.registry.claim('8')).toBe('unknown');
  });

  test('a clock of the database that was put back leaves a lease no longer than it may last', async () => {
    await using schema = await openSchema();
    await using one = await joined(schema, 'one');
    await using two = await joined(schema, 'two');
    await one.registry.acquire([{ id: 0, epoch: 0 }]);
    await schema.sql("UPDATE shards SET until = until + interval '1 hour' WHERE shard_id = 0");
    await schema.sql("UPDATE identify_buckets SET at = at + interval '1 hour'");
    expect(await two.registry.acquire([{ id: 0, epoch: 1 }])).toHaveLength(1);
    expect(await two.registry.identify({ shardId: 0, epoch: 2 }, 0)).toEqual({ kind: 'granted' });
  });
});

withPostgres(() => {
  test('another bot is refused, whoever else runs', async () => {
    await using schema = await openSchema();
    await using _one = await joined(schema, 'one');
    const other = () => joined(schema, 'two', { botId: 'other' });
    await expect(other()).rejects.toMatchObject({ code: 'shards.other_bot', retryable: false });
    await expect(other()).rejects.toThrow(/belongs to the bot bot/);
  });

  test('another number in SHARDS is refused with the command that changes it, whoever runs, and auto follows', async () => {
    await using schema = await openSchema();
    {
      await using one = await joined(schema, 'one', { wantedCount: 3 });
      expect(one.count).toBe(3);
      await one.registry.leave();
    }
    const other = joined(schema, 'two', { wantedCount: 4 });
    await expect(other).rejects.toMatchObject({ code: 'shards.other_count', retryable: false });
    await expect(other).rejects.toThrow('npm run shards -- resize 4');
    await using three = await joined(schema, 'three', { recommendedCount: 16 });
    expect(three.count).toBe(3);
  });

  test('the number of shards changes while no process may serve one, and what was sent before counts no more', async () => {
    await using schema = await openSchema();
    await using pool = new PostgresPool({ url: schema.url, clock, mostConnections: 1 });
    await expect(
      openShardRegistry({ url: schema.url, clock, processId: 'none', leaseMs }).then((empty) =>
        empty[Symbol.asyncDispose]().then(() => resizeShards(pool, 4, false)),
      ),
    ).rejects.toThrow(/No process has registered/);
    await using one = await joined(schema, 'one');
    await one.registry.acquire([{ id: 0, epoch: 0 }]);
    const resize = (isForced = false) => resizeShards(pool, 4, isForced);
    await expect(resize(true)).rejects.toMatchObject({ code: 'shards.in_use' });
    await one.registry.renew({ leases, believesAlone: true, limit: 1 });
    await schema.sql("UPDATE processes SET until = until - interval '1 minute'");
    await expect(resize()).rejects.toThrow(/may run without the database/);
    await resize(true);
    const view = await one.registry.renew({ leases, believesAlone: true, limit: 1 });
    expect([view?.shards.length, view?.renewedIds.size]).toEqual([4, 0]);
    await using two = await joined(schema, 'two');
    expect(two.count).toBe(4);
    expect(await two.registry.acquire([{ id: 3, epoch: 2 }])).toHaveLength(1);
  });

  test('a process that is gone and owns nothing is forgotten by the next one that registers', async () => {
    await using schema = await openSchema();
    await using _one = await joined(schema, 'one');
    await schema.sql("UPDATE processes SET until = until - interval '2 hours'");
    await using _two = await joined(schema, 'two');
    expect(await schema.sql('SELECT process_id FROM processes')).toEqual([{ process_id: 'two' }]);
  });
});
