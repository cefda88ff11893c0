import { expect, test } from 'vitest';
import { identifyReserve, identifySpacingMs } from '#src/discord/shards/identify-limits.ts';
import type {
  RegisteredProcess,
  RegistryView,
  ShardRegistry,
} from '#src/discord/shards/ownership.ts';

/** One empty database with leases of `leaseMs`, and the processes that use it. */
export type OpenRegistry = AsyncDisposable & {
  /** Registry that the process of that id uses; each call is a new start of it. */
  process(id: string): ShardRegistry;
  readonly leaseMs: number;
  pass(ms: number): Promise<void>;
};

const usual = { name: 'here 1', limit: 10, version: '0', botId: 'bot', recommendedCount: 3 };
const session = { sessionId: 's', resumeUrl: 'wss://gateway', sequence: 7 };

async function joined(
  registry: OpenRegistry,
  id: string,
  change: Partial<RegisteredProcess> = {},
): Promise<ShardRegistry> {
  const process = registry.process(id);
  await process.register({ ...usual, id, ...change });
  return process;
}

/** Renews these leases as `[shard, epoch]`. */
async function renewed(
  process: ShardRegistry,
  leases: readonly (readonly [number, number])[] = [],
  believesAlone = false,
): Promise<RegistryView | undefined> {
  const own = leases.map(([shardId, epoch]) => ({ shardId, epoch }));
  return await process.renew({ leases: own, believesAlone, limit: 10 });
}

const ids = (view: RegistryView | undefined) => [...(view?.renewedIds ?? [])];

/** Contract of every registry of shards, with any storage of its rows. */
export function shardRegistryContract(name: string, open: () => Promise<OpenRegistry>): void {
  leasesContract(name, open);
  epochsContract(name, open);
  aloneContract(name, open);
  identifiesContract(name, open);
}

function leasesContract(name: string, open: () => Promise<OpenRegistry>): void {
  test(`${name}: the first process that registers decides how many shards there are`, async () => {
    await using registry = await open();
    const register = (id: string, change = {}) =>
      registry.process(id).register({ ...usual, id, ...change });
    expect(await register('one')).toBe(3);
    expect(await register('two', { recommendedCount: 16 })).toBe(3);
  });

  test(`${name}: a shard is leased to one process, and to another one once that lease has run out`, async () => {
    await using registry = await open();
    const [one, two] = [await joined(registry, 'one'), await joined(registry, 'two')];
    expect(await one.acquire([{ id: 1, epoch: 0 }])).toMatchObject([{ shardId: 1, epoch: 1 }]);
    expect(await two.acquire([{ id: 1, epoch: 0 }])).toEqual([]);
    expect(await two.acquire([{ id: 1, epoch: 1 }])).toEqual([]);
    const view = await renewed(two);
    expect(view?.shards.find(({ id }) => id === 1)).toMatchObject({ epoch: 1, ownerId: 'one' });
    await registry.pass(registry.leaseMs + 5);
    expect(await two.acquire([{ id: 1, epoch: 0 }])).toEqual([]);
    expect(await two.acquire([{ id: 1, epoch: 1 }])).toEqual([
      { shardId: 1, epoch: 2, mustFence: false },
    ]);
  });

  test(`${name}: a renewal keeps all leases of a process, and none that another one has taken`, async () => {
    await using registry = await open();
    const [one, two] = [await joined(registry, 'one'), await joined(registry, 'two')];
    await one.acquire([
      { id: 0, epoch: 0 },
      { id: 1, epoch: 0 },
    ]);
    await registry.pass(registry.leaseMs / 2);
    expect(ids(await renewed(one, [[0, 1]]))).toEqual([0]);
    await registry.pass(registry.leaseMs / 2 + 5);
    const taken = await two.acquire([
      { id: 0, epoch: 1 },
      { id: 1, epoch: 1 },
    ]);
    expect(taken).toMatchObject([{ shardId: 1, epoch: 2 }]);
    const both = [
      [0, 1],
      [1, 1],
    ] as const;
    expect(ids(await renewed(one, both))).toEqual([0]);
    expect(ids(await renewed(two, [[1, 2]]))).toEqual([1]);
  });
}

function epochsContract(name: string, open: () => Promise<OpenRegistry>): void {
  test(`${name}: an epoch that is over renews nothing, gives nothing back and may not identify`, async () => {
    await using registry = await open();
    const one = await joined(registry, 'one');
    await one.acquire([{ id: 0, epoch: 0 }]);
    await one.acquire([{ id: 0, epoch: 1 }]);
    expect(ids(await renewed(one, [[0, 1]]))).toEqual([]);
    await one.giveBack({ shardId: 0, epoch: 1, session });
    expect(await one.identify({ shardId: 0, epoch: 1 }, 0)).toEqual({ kind: 'lost' });
    expect(ids(await renewed(one, [[0, 2]]))).toEqual([0]);
    expect(await one.acquire([{ id: 0, epoch: 2 }])).toEqual([
      { shardId: 0, epoch: 3, mustFence: false },
    ]);
  });

  test(`${name}: what is given back is free at once, with the place in its session`, async () => {
    await using registry = await open();
    const [one, two] = [await joined(registry, 'one'), await joined(registry, 'two')];
    await one.acquire([{ id: 2, epoch: 0 }]);
    await one.giveBack({ shardId: 2, epoch: 1, session });
    const view = await renewed(two);
    expect(view?.shards.find(({ id }) => id === 2)).toEqual({ id: 2, epoch: 1 });
    expect(await two.acquire([{ id: 2, epoch: 1 }])).toMatchObject([{ epoch: 2, session }]);
    expect(ids(await renewed(two, [[2, 2]]))).toEqual([2]);
    await two.leave();
    expect(await one.acquire([{ id: 2, epoch: 2 }])).toMatchObject([{ epoch: 3, session }]);
  });

  test(`${name}: a process that starts again takes its own shards at once, and its former run has nothing any more`, async () => {
    await using registry = await open();
    const former = await joined(registry, 'one');
    await former.acquire([{ id: 0, epoch: 0 }]);
    await former.renew({
      leases: [{ shardId: 0, epoch: 1, session }],
      believesAlone: false,
      limit: 1,
    });
    const again = await joined(registry, 'one');
    expect(await again.acquire([{ id: 0, epoch: 1 }])).toEqual([
      { shardId: 0, epoch: 2, mustFence: false, session },
    ]);
    expect(await renewed(former, [[0, 2]])).toBeUndefined();
    await former.leave();
    expect(ids(await renewed(again, [[0, 2]]))).toEqual([0]);
  });
}

function aloneContract(name: string, open: () => Promise<OpenRegistry>): void {
  test(`${name}: a process is alone while no other one lives, and who follows it is told that it may serve on`, async () => {
    await using registry = await open();
    const one = await joined(registry, 'one');
    await one.acquire([{ id: 0, epoch: 0 }]);
    expect((await renewed(one, [[0, 1]]))?.isAlone).toBe(true);
    const two = await joined(registry, 'two');
    const view = await renewed(two);
    expect([view?.isAlone, view?.processes]).toEqual([
      false,
      [{ id: 'one', name: 'here 1', limit: 10 }],
    ]);
    expect((await renewed(one, [[0, 1]], true))?.isAlone).toBe(false);
    await registry.pass(registry.leaseMs + 5);
    expect(await two.acquire([{ id: 0, epoch: 1 }])).toMatchObject([{ mustFence: true }]);
  });

  test(`${name}: who has learnt that it is not alone stops by itself, and is not waited for`, async () => {
    await using registry = await open();
    const one = await joined(registry, 'one');
    await one.acquire([{ id: 0, epoch: 0 }]);
    await renewed(one, [[0, 1]]);
    const two = await joined(registry, 'two');
    await renewed(one, [[0, 1]], true);
    await renewed(two);
    await renewed(one, [[0, 1]], false);
    await registry.pass(registry.leaseMs + 5);
    expect(await two.acquire([{ id: 0, epoch: 1 }])).toMatchObject([{ mustFence: false }]);
  });
}

function identifiesContract(name: string, open: () => Promise<OpenRegistry>): void {
  test(`${name}: from an identify on nobody can resume the session before it`, async () => {
    await using registry = await open();
    const one = await joined(registry, 'one');
    await one.acquire([{ id: 0, epoch: 0 }]);
    await one.renew({
      leases: [{ shardId: 0, epoch: 1, session }],
      believesAlone: false,
      limit: 1,
    });
    expect(await one.identify({ shardId: 0, epoch: 1 }, 0)).toEqual({ kind: 'granted' });
    expect(await one.acquire([{ id: 0, epoch: 1 }])).toEqual([
      { shardId: 0, epoch: 2, mustFence: false },
    ]);
  });

  test(`${name}: a bucket takes one identify in 5 s, whichever process asks`, async () => {
    await using registry = await open();
    const [one, two] = [await joined(registry, 'one'), await joined(registry, 'two')];
    await one.acquire([{ id: 0, epoch: 0 }]);
    await two.acquire([{ id: 1, epoch: 0 }]);
    expect(await one.identify({ shardId: 0, epoch: 1 }, 0)).toEqual({ kind: 'granted' });
    const answer = await two.identify({ shardId: 1, epoch: 1 }, 0);
    expect(answer).toMatchObject({ kind: 'wait', waitMs: expect.any(Number) });
    const waitMs = 'waitMs' in answer ? answer.waitMs : 0;
    expect(waitMs).toBeGreaterThan(identifySpacingMs - 2_000);
    expect(waitMs).toBeLessThanOrEqual(identifySpacingMs + 1);
    expect(await two.identify({ shardId: 1, epoch: 1 }, 1)).toEqual({ kind: 'granted' });
  });

  test(`${name}: identifies are counted over processes, and the last 50 of a day are left alone`, async () => {
    await using registry = await open();
    const startLimit = { total: 1_000, remaining: identifyReserve + 2, resetAfterMs: 60_000 };
    const one = await joined(registry, 'one', { startLimit });
    await one.acquire([{ id: 0, epoch: 0 }]);
    const asked = async (process: ShardRegistry, bucket: number) =>
      (await process.identify({ shardId: 0, epoch: 1 }, bucket)).kind;
    expect([await asked(one, 0), await asked(one, 1)]).toEqual(['granted', 'granted']);
    expect(await asked(one, 2)).toBe('spent');
    await joined(registry, 'two', { startLimit: { ...startLimit, remaining: 900 } });
    const answer = await one.identify({ shardId: 0, epoch: 1 }, 3);
    expect(answer).toMatchObject({ kind: 'spent', waitMs: expect.any(Number) });
    await joined(registry, 'two', { startLimit: { ...startLimit, resetAfterMs: 0 } });
    await registry.pass(5);
    expect(await asked(one, 3)).toBe('granted');
  });

  test(`${name}: an interaction is claimed once`, async () => {
    await using registry = await open();
    const [one, two] = [await joined(registry, 'one'), await joined(registry, 'two')];
    const claims = await Promise.all([one.claim('7'), two.claim('7')]);
    expect(claims.toSorted()).toEqual(['mine', 'taken']);
  });
}
