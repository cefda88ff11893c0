import { expect, test } from 'vitest';
import { BotError } from '#src/base/errors.ts';
import type { OwnedShard, ShardHost, ShardRegistry } from '#src/discord/shards/ownership.ts';
import { ownershipRules } from '#src/discord/shards/ownership-step.ts';
import { SharedShards } from '#src/discord/shards/shared-shards.ts';
import { VirtualClock } from '#test/fakes/clock.ts';
import { SimulatedDatabase, SimulatedRegistry } from './simulated-registry.ts';

const never = new AbortController().signal;
const { leaseMs, marginMs } = ownershipRules;
const session = { sessionId: 's', resumeUrl: 'wss://gateway', sequence: 1 };
const own = { name: 'here 1', limit: 9, version: '0', botId: 'bot', recommendedCount: 2 };

/** One process beside another one that has no shard, and a database that may go away. */
async function opened(change: Partial<ShardHost> = {}) {
  const clock = new VirtualClock();
  const database = new SimulatedDatabase(clock, leaseMs);
  const real = new SimulatedRegistry(database, 'one');
  const other = new SimulatedRegistry(database, 'two');
  const fixture = {
    ...{ isAway: false, news: [] as string[], shards: new Map<number, OwnedShard>() },
  };
  const registry = new Proxy<ShardRegistry>(real, {
    get: (target, name) => {
      if (fixture.isAway)
        return () => Promise.reject(new BotError('store.unreadable', true, 'It is away.'));
      const method: unknown = Reflect.get(target, name);
      return typeof method === 'function' ? method.bind(target) : method;
    },
  });
  const host: ShardHost = {
    fence: async () => 'resumed',
    start: async (shard) => {
      fixture.shards.set(shard.id, shard);
      shard.sharing?.sessionChanged(session);
    },
    stop: async (shardId) => void fixture.shards.delete(shardId),
    seats: () => new Map(),
    ...change,
  };
  const shared = new SharedShards({
    registry,
    process: { ...own, id: 'one' },
    limits: { recommendedShards: 2, maxConcurrency: 2 },
    clock,
    leaseMs: ownershipRules.leaseMs,
    report: (news) => fixture.news.push('why' in news ? `${news.kind} ${news.why}` : news.kind),
  });
  await real.register({ ...own, id: 'one' });
  const opening = shared.open(host, never);
  await clock.advance(100);
  await opening;
  await other.register({ ...own, id: 'two' });
  const passed = async (ms: number) => {
    for (let leftMs = ms; leftMs > 0; leftMs -= 500) {
      await other.renew({ leases: [], believesAlone: false, limit: 0 });
      await clock.advance(Math.min(500, leftMs));
    }
  };
  await passed(2_000);
  return Object.assign(fixture, { shared, database, other, clock, passed });
}

test('a process that cannot renew its leases stops its shards before they end', async () => {
  const fixture = await opened();
  fixture.isAway = true;
  await fixture.clock.advance(leaseMs - marginMs - 1_500);
  expect(fixture.shards.size).toBe(2);
  await fixture.clock.advance(2_000);
  expect(fixture.shards.size).toBe(0);
  expect(fixture.news.filter((news) => news.startsWith('stopped'))).toEqual([
    'stopped given-up',
    'stopped given-up',
  ]);
});

test('a gateway comes back while the lease stands, without asking the database, and not after it', async () => {
  const fixture = await opened();
  const sharing = fixture.shards.get(0)?.sharing;
  fixture.isAway = true;
  await fixture.clock.advance(20_000);
  expect(await sharing?.mayReconnect()).toBe(true);
  fixture.clock.suspend(leaseMs); // it stood still
  expect(await sharing?.mayReconnect()).toBe(false);
  expect(fixture.shards.size).toBe(0);
});

test('a shard that another process has taken is stopped with the next renewal', async () => {
  const fixture = await opened();
  const row = fixture.database.rows[0];
  if (row) Object.assign(row, { epoch: row.epoch + 1, ownerId: 'two' });
  await fixture.passed(1_500);
  expect([...fixture.shards.keys()]).toEqual([1]);
  expect(fixture.news).toContain('stopped lost');
});

test('the name of the process that serves a server is known from the last renewal', async () => {
  const fixture = await opened();
  const guildId = `${1n << 22n}`; // of shard 1
  expect(fixture.shared.ownerOf(guildId)).toBe(undefined);
  const row = fixture.database.rows[1];
  if (row) Object.assign(row, { epoch: row.epoch + 1, ownerId: 'two' });
  await fixture.passed(1_500);
  expect(fixture.shared.ownerOf(guildId)).toBe('here 1');
});

test('a process whose number of shards was changed stops them, takes none and says so', async () => {
  const fixture = await opened();
  fixture.database.rows.push({ epoch: 9 });
  for (const row of fixture.database.rows) Object.assign(row, { epoch: 9, ownerId: undefined });
  await fixture.passed(10_000);
  expect(fixture.shards.size).toBe(0);
  expect(fixture.news.filter((news) => news === 'outdated')).toEqual(['outdated']);
});

test('at the end everything is given back, with the last place in its session', async () => {
  const fixture = await opened();
  fixture.shards.get(0)?.sharing?.sessionChanged({ ...session, sequence: 8 });
  const ending = fixture.shared[Symbol.asyncDispose]();
  await fixture.clock.advance(1_000);
  await ending;
  expect(fixture.database.rows).toMatchObject([
    { ownerId: undefined, session: { sequence: 8 } },
    { ownerId: undefined, session: { sequence: 1 } },
  ]);
  expect([...fixture.database.processes.keys()]).toEqual(['two']);
});
