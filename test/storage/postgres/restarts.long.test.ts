import sql from 'sql-template-tag';
import { expect, test } from 'vitest';
import { realClock } from '#src/base/clock.ts';
import { Secret } from '#src/base/secret.ts';
import { integer } from '#src/sql/columns.ts';
import { openPostgresStore } from '#src/storage/postgres/keep-stores.ts';
import { PostgresPool } from '#src/storage/postgres/pool.ts';
import type { StoreEvent } from '#src/storage/thread/steady-store.ts';
import { withPostgres } from '#test/fakes/postgres.ts';
import { PostgresCluster } from '#test/fakes/postgres-cluster.ts';

const until = new AbortController().signal;
const clock = realClock;
const deaf = () => undefined;

/** Error of a refused start. */
function refusal(url: string): Promise<unknown> {
  const options = { url: new Secret(url), clock, report: deaf };
  return openPostgresStore(options, until).catch((error) => error);
}

withPostgres(() => {
  test('a server that restarts or crashes is used again at once, a wrong password and a replica are refused', async () => {
    await using cluster = await PostgresCluster.open();
    const url = new Secret(cluster.url);
    const wrong = cluster.url.replace(/:[^:@]+@/, ':guessed@');
    expect(await refusal(wrong)).toMatchObject({
      code: 'store.misconfigured',
      message: expect.stringContaining('refuses the user or password of DATABASE_URL'),
    });
    const events: StoreEvent[] = [];
    const report = (event: StoreEvent) => events.push(event);
    const { pool, ...store } = await openPostgresStore({ url, clock, report }, until);
    await using _store = store;
    for (const mode of ['fast', 'immediate'] as const) {
      await store.consents.write('10', mode, { kind: 'always' });
      await cluster.stop(mode);
      const writing = store.consents.write('10', `${mode} later`, { kind: 'never' });
      await expect(store.panels.read('20')).rejects.toMatchObject({ code: 'store.unreadable' });
      await cluster.start();
      await writing;
    }
    expect([...(await store.consents.read('10')).keys()].sort()).toEqual([
      'fast',
      'fast later',
      'immediate',
      'immediate later',
    ]);
    const kinds = events.flatMap(({ kind }) => (kind === 'written' ? [] : [kind]));
    expect(kinds.at(0)).toBe('opened');
    expect(kinds.filter((kind) => kind === 'refused').length).toBeGreaterThanOrEqual(2);
    expect(kinds.at(-1)).toBe('opened');
    await cluster.stop();
    await cluster.startAsReplica();
    expect(await refusal(cluster.url)).toMatchObject({
      code: 'store.misconfigured',
      message: expect.stringContaining('is a replica or read-only'),
    });
    await using reader = new PostgresPool({ url, clock });
    expect(await reader.read((one) => one.rows({ n: integer }, sql`SELECT 1 AS n`))).toEqual([
      { n: 1 },
    ]);
  });
});
