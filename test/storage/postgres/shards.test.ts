import { expect, test } from 'vitest';
import { realClock } from '#src/base/clock.ts';
import type { RegisteredProcess, RegistryConnection } from '#src/shards/shard-registry.ts';
import { migratePostgres } from '#src/storage/postgres/migrate.ts';
import { PostgresPool } from '#src/storage/postgres/pool.ts';
import { PostgresShardRegistry } from '#src/storage/postgres/shards/postgres-shard-registry.ts';
import { shardSchema } from '#src/storage/postgres/shards/schema.ts';
import { openSchema, type TestSchema, withPostgres } from '#test/fakes/postgres.ts';

const usual = { name: 'here 1', version: '0', limit: 10, recommendedCount: 2 };
const session = { sessionId: 's', resumeUrl: 'wss://gateway', sequence: 7 };

/** A process that has registered, and as many further connections as it makes. */
async function joined({ url }: TestSchema, id: string, change: Partial<RegisteredProcess> = {}) {
  const process = { ...usual, id, botId: 'bot', ...change };
  const pool = new PostgresPool({ url, clock: realClock, mostConnections: 1 });
  await migratePostgres(pool, [shardSchema]);
  const { botId } = process;
  const options = { url, pool, clock: realClock, botId, processId: id };
  const registry = new PostgresShardRegistry(options);
  const connections: RegistryConnection[] = [];
  const connect = async () => {
    const connection = await registry.connect();
    connections.push(connection);
    return { ...connection, count: await connection.register(process) };
  };
  const dispose = async () => {
    await Promise.all(connections.map((one) => one[Symbol.asyncDispose]()));
    await pool[Symbol.asyncDispose]();
  };
  const first = await connect().catch(async (error: unknown) => {
    await dispose();
    throw error;
  });
  return { ...first, connect, journal: registry.journal, [Symbol.asyncDispose]: dispose };
}

async function lockOf({ look }: Pick<RegistryConnection, 'look'>, shardId: number) {
  return (await look()).shards.find(({ id }) => id === shardId);
}

withPostgres(() => {
  test('a shard is taken by one process, and by the next one with the session of the former', async () => {
    await using schema = await openSchema();
    await using two = await joined(schema, 'two');
    {
      await using one = await joined(schema, 'one');
      expect([one.count, two.count]).toEqual([2, 2]);
      expect(await one.locks.take(1)).toEqual({ epoch: 1, formerEpoch: 0, isActive: false });
      expect(await two.locks.take(1)).toBeUndefined();
      expect([await lockOf(one, 1), await lockOf(two, 1)]).toMatchObject([
        { lock: 'mine', ownerId: 'one' },
        { lock: 'other', ownerId: 'one' },
      ]);
      expect((await two.look()).processes.map(({ id }) => id).sort()).toEqual(['one', 'two']);
      expect(await one.locks.identify(1, 1, 0)).toBe(0);
      await one.journal.saveSession(1, 1, session);
    }
    expect(await lockOf(two, 1)).toMatchObject({ lock: 'free', isActive: true });
    expect(await two.locks.take(1)).toEqual({ epoch: 2, formerEpoch: 1, isActive: true, session });
    expect((await two.look()).processes).toEqual([{ id: 'two', name: 'here 1', limit: 10 }]);
  });

  test('who has lost a shard keeps no session of it and may not identify', async () => {
    await using schema = await openSchema();
    await using one = await joined(schema, 'one');
    await using two = await joined(schema, 'two');
    await one.locks.take(0);
    await one.locks.release(0, 1, true);
    await two.locks.take(0);
    await two.journal.saveSession(0, 2, session);
    await one.journal.saveSession(0, 1, { ...session, sessionId: 'old' });
    expect(await one.locks.identify(0, 1, 0)).toBeUndefined();
    expect(await one.locks.retake(0, 1)).toBe('lost');
    await two.locks.release(0, 2, true);
    expect(await one.locks.take(0)).toMatchObject({ isActive: false, session });
  });

  test('from an identify on nobody can resume the session before it', async () => {
    await using schema = await openSchema();
    await using one = await joined(schema, 'one');
    await one.locks.take(0);
    await one.journal.saveSession(0, 1, session);
    expect(await one.locks.identify(0, 1, 0)).toBe(0);
    await one.locks.release(0, 1, false);
    expect(await one.locks.take(0)).toEqual({ epoch: 2, formerEpoch: 1, isActive: true });
  });

  test('a bucket takes one identify in 5 s, whichever process asks', async () => {
    await using schema = await openSchema();
    await using one = await joined(schema, 'one');
    await using two = await joined(schema, 'two');
    await one.locks.take(0);
    await two.locks.take(1);
    expect(await one.locks.identify(0, 1, 0)).toBe(0);
    const waitMs = await two.locks.identify(1, 1, 0);
    expect(waitMs).toBeGreaterThan(3_000);
    expect(waitMs).toBeLessThanOrEqual(5_250);
    expect(await two.locks.identify(1, 1, 1)).toBe(0);
    await schema.sql("UPDATE identify_buckets SET at = at + interval '1 hour'"); // a clock put back
    expect(await two.locks.identify(1, 1, 0)).toBe(0);
  });

  test('a connection that a process lost is ended by its next one, which gets the lock back', async () => {
    await using schema = await openSchema();
    await using one = await joined(schema, 'one');
    await one.locks.take(0);
    const again = await one.connect();
    expect(await again.locks.retake(0, 1)).toBe('busy');
    await one.ended;
    await expect.poll(() => again.locks.retake(0, 1)).toBe('ours');
    expect(await lockOf(again, 0)).toMatchObject({ lock: 'mine', epoch: 1 });
  });
});

withPostgres(() => {
  test('an interaction is claimed once, and a database that is gone decides nothing', async () => {
    await using schema = await openSchema();
    const one = await joined(schema, 'one');
    await using two = await joined(schema, 'two');
    const claims = await Promise.all([one.journal.claim('7'), two.journal.claim('7')]);
    expect(claims.toSorted()).toEqual(['mine', 'taken']);
    await one[Symbol.asyncDispose]();
    expect(await one.journal.claim('8')).toBe('unknown');
  });

  test('another bot is refused, whoever else runs', async () => {
    await using schema = await openSchema();
    const one = await joined(schema, 'one');
    const other = () => joined(schema, 'two', { botId: 'other' });
    await expect(other()).rejects.toMatchObject({ code: 'shards.other_bot', retryable: false });
    await one[Symbol.asyncDispose]();
    await expect(other()).rejects.toThrow(/belongs to the bot bot/);
  });

  test('another number of shards is refused while somebody has them, and followed where it is auto', async () => {
    await using schema = await openSchema();
    const one = await joined(schema, 'one', { wantedCount: 3 });
    expect(one.count).toBe(3);
    await expect(joined(schema, 'two', { wantedCount: 4 })).rejects.toThrow(/SHARDS=4, but .* 3/);
    {
      await using three = await joined(schema, 'three', { recommendedCount: 16 });
      expect(three.count).toBe(3);
    }
    await one.locks.take(0);
    await one.locks.identify(0, 1, 0);
    await one[Symbol.asyncDispose]();
    await using four = await joined(schema, 'four', { wantedCount: 4 });
    expect([four.count, (await four.look()).shards.length]).toEqual([4, 4]);
    // Of the former three one did not end in order: none of the four begins before it must have given up.
    expect(await four.locks.take(3)).toMatchObject({ isActive: true });
  });
});
