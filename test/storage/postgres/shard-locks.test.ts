import { Secret } from '#src/base/secret.ts';
import { lockHolders } from '#src/storage/postgres/shard-locks.ts';
import { openSchema, type TestSchema, withPostgres } from '#test/fakes/postgres.ts';
import { TcpProxy } from '#test/fakes/tcp-proxy.ts';
import { openLocks } from './open-locks.ts';

const makeRange = (first: number, last: number, count = 8) => ({ first, last, count });

/** A process that has to wait for its locks, and why. */
async function waitForLocks(
  schema: Pick<TestSchema, 'url'>,
  shards: ReturnType<typeof makeRange>,
) {
  const why = Promise.withResolvers<string>();
  const locks = openLocks(schema, { ...shards, onWait: why.resolve });
  return { why: await why.promise, locks };
}

/** A process with a way of its own to the database. */
async function openWay(schema: TestSchema) {
  const way = await TcpProxy.openInFront(schema.url.reveal());
  return { way, url: new Secret(way.makeProxiedUrl(schema.url.reveal())) };
}

withPostgres(() => {
  test.concurrent('ranges beside each other are held at once, and a taken shard is waited for until it is given back', async ({
    expect,
  }) => {
    await using schema = await openSchema();
    await using _other = await openLocks(schema, makeRange(4, 7));
    await using stack = new AsyncDisposableStack();
    const locks = stack.use(await openLocks(schema, makeRange(0, 3)));
    const two = await waitForLocks(schema, makeRange(3, 3));
    expect(two.why).toMatch(/^shard 3 is served by \S+ \d+$/);
    await locks[Symbol.asyncDispose]();
    await using _two = await two.locks;
  });

  test.concurrent('another number of shards waits, and says which, until no process has the former one', async ({
    expect,
  }) => {
    await using schema = await openSchema();
    await using locks = await openLocks(schema, makeRange(0, 3));
    const two = await waitForLocks(schema, makeRange(8, 15, 16));
    expect(two.why).toMatch(/ has SHARDS=8, and this one 16$/);
    await locks[Symbol.asyncDispose]();
    await using _two = await two.locks;
  });

  test.concurrent('a bucket of identifies is used by one process at a time, and by one shard of it', async ({
    expect,
  }) => {
    await using schema = await openSchema();
    await using locks = await openLocks(schema, makeRange(0, 3));
    await using two = await openLocks(schema, makeRange(4, 7));
    expect(await locks.takeBucket(0, 200)).toBe(true);
    expect([await locks.takeBucket(0, 200), await two.takeBucket(0, 200)]).toEqual([
      false,
      false,
    ]);
    expect(await two.takeBucket(1, 200)).toBe(true);
    await expect.poll(() => two.takeBucket(0, 200)).toBe(true);
  });
});

withPostgres(() => {
  test.concurrent('who loses the connection takes its locks again, also where another process waits for them', async ({
    expect,
  }) => {
    await using schema = await openSchema();
    const { way, url } = await openWay(schema);
    await using _way = way;
    const lost: string[] = [];
    await using one = await openLocks(
      { url },
      { ...makeRange(0, 3), onLost: (why) => lost.push(why) },
    );
    const { locks } = await waitForLocks({ url }, makeRange(3, 4));
    const listHeld = async () =>
      (await schema.sql(lockHolders)).map(({ shard_ids: ids }) => ids);
    way.cutConnections();
    await expect.poll(listHeld).toEqual([]);
    expect(await one.takeBucket(0, 1)).toBe(true); // without the database it goes on
    way.healConnections();
    await expect.poll(listHeld).toEqual(['[0, 1, 2, 3]']);
    await one[Symbol.asyncDispose]();
    await using _two = await locks;
    expect(lost).toEqual([]);
  });

  test.concurrent('who loses the connection without a word notices it, and takes its locks again', async ({
    expect,
  }) => {
    await using schema = await openSchema();
    const { way, url } = await openWay(schema);
    await using _way = way;
    await using _one = await openLocks({ url }, makeRange(0, 3));
    const former = way.connections;
    way.swallowData();
    await expect.poll(() => way.connections).toBeGreaterThan(former);
    way.healConnections();
    await expect.poll(() => schema.sql(lockHolders)).toHaveLength(1);
  });

  test.concurrent('who finds one of its locks taken after that says so once, and ends', async ({
    expect,
  }) => {
    await using schema = await openSchema();
    const { way, url } = await openWay(schema);
    await using _way = way;
    const lost = Promise.withResolvers<string>();
    await using _one = await openLocks(
      { url },
      { ...makeRange(0, 3), onLost: lost.resolve },
    );
    way.cutConnections();
    await using _two = await openLocks(schema, makeRange(3, 4));
    way.healConnections();
    expect(await lost.promise).toMatch(
      /^While the database was away, another process took over: shard 3 is served by \S+ \d+; this one ends\.$/,
    );
  });
});
