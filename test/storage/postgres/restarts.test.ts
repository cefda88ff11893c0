import { expect, test } from 'vitest';
import { realClock } from '#src/base/clock.ts';
import { Secret } from '#src/base/secret.ts';
import { PostgresPool } from '#src/storage/postgres/pool.ts';
import { withPostgres } from '#test/fakes/postgres.ts';
import { PostgresCluster } from '#test/fakes/postgres-cluster.ts';

withPostgres(() => {
  test('a server that restarts is used again at once, and until then it is told to be away', async () => {
    await using cluster = await PostgresCluster.open();
    await using pool = new PostgresPool({ url: new Secret(cluster.url), clock: realClock });
    const ask = () => pool.read((connection) => connection.rows('SELECT 1 AS n'));
    for (const mode of ['fast', 'immediate'] as const) {
      expect(await ask()).toEqual([{ n: 1 }]);
      await cluster.stop(mode);
      await expect(ask()).rejects.toMatchObject({ code: 'store.unreadable', retryable: true });
      await cluster.start();
    }
    expect(await ask()).toEqual([{ n: 1 }]);
  });
});
