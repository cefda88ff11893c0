import { expect, test } from 'vitest';
import { realClock } from '#src/base/clock.ts';
import { ownershipRules } from '#src/discord/shards/ownership-step.ts';
import { shardOf } from '#src/people/server-share.ts';
import { migratePostgres } from '#src/storage/postgres/migrate.ts';
import { PostgresPool } from '#src/storage/postgres/pool.ts';
import { PostgresShardRegistry } from '#src/storage/postgres/shards/postgres-shard-registry.ts';
import { shardSchema } from '#src/storage/postgres/shards/schema.ts';
import { openSchema, type TestSchema, withPostgres } from '#test/fakes/postgres.ts';
import { openIn } from '#test/storage/postgres/open-stores.ts';
import { botId, guildId, seat } from '#test/storage/stored-rows.ts';
import { examine } from './examine.ts';

const examineNow = ({ url }: Pick<TestSchema, 'url'>) =>
  examine(['--offline'], { DATABASE_URL: url.reveal() });

/** A process `host-ID 12` that shares three shards. */
async function join(processId: string, pool: PostgresPool): Promise<PostgresShardRegistry> {
  const { leaseMs } = ownershipRules;
  const registry = new PostgresShardRegistry({ pool, clock: realClock, processId, leaseMs });
  const own = { id: processId, botId, name: `host-${processId} 12`, version: '1.2.3', limit: 9 };
  await registry.register({ ...own, recommendedCount: 3 });
  return registry;
}

withPostgres(() => {
  test('the doctor tells what stands in the database and where the bot sits, and makes nothing there', async () => {
    await using schema = await openSchema();
    const empty = await examineNow(schema);
    expect(empty.code).toBe(0);
    expect(empty.about('database')).toMatch(/^ok database \S+, running for \d+ \w+$/);
    expect(empty.about('tables')).toMatch(/^ok tables there are none yet/);
    await using store = await openIn(schema);
    await store.seats.write(seat);
    const { code, about } = await examineNow(schema);
    expect([code, about('tables: store')]).toEqual([0, expect.stringMatching(/format \d+$/)]);
    const words = `ok ${guildId} seat in channel ${seat.channelId} since 2026-11-20T17:50:00.000Z, last active`;
    expect(about(guildId)).toMatch(new RegExp(`^${words} \\d+ s ago$`));
    await schema.sql('UPDATE seats SET alive_at_ms = alive_at_ms - 3600000');
    expect((await examineNow(schema)).about(guildId)).toMatch(
      /^differs .* 60 min ago: the bot does not return to it$/,
    );
  });

  test('a database of a newer bot, and one that does not answer, are no places to start', async () => {
    await using schema = await openSchema();
    await using _store = await openIn(schema);
    await schema.sql("UPDATE parley_schema SET version = 99 WHERE part = 'store'");
    const newer = await examineNow(schema);
    expect([newer.code, newer.about('tables: store')]).toEqual([
      1,
      expect.stringMatching(/^missing .* format 99, but this program reads formats up to \d+$/),
    ]);
    const secret = 'canary-password';
    const away = await examine(['--offline'], {
      DATABASE_URL: `postgres://me:${secret}@127.0.0.1:1/none`,
    });
    expect([away.code, away.about('database')]).toEqual([
      1,
      expect.stringMatching(
        /^missing database The database 127\.0\.0\.1:1\/none cannot be reached/,
      ),
    ]);
    expect(away.text).not.toContain(secret);
  });
});

withPostgres(() => {
  test('the doctor names who serves which shard and for how long, who waits, and what nobody serves', async () => {
    await using schema = await openSchema();
    await using store = await openIn(schema);
    await store.seats.write(seat);
    const { url } = schema;
    await using pool = new PostgresPool({ url, clock: realClock, mostConnections: 2 });
    await migratePostgres(pool, [shardSchema]);
    const owner = await join('a', pool);
    const killed = await join('b', pool);
    await join('c', pool);
    const own = shardOf(guildId, 3);
    const [other = 0, free = 0] = [0, 1, 2].filter((id) => id !== own);
    await owner.acquire([{ id: own, epoch: 0 }]);
    await killed.acquire([{ id: other, epoch: 0 }]);
    await schema.sql("UPDATE processes SET until = now() WHERE process_id = 'b'");
    await schema.sql("UPDATE shards SET until = now() WHERE process_id = 'b'");
    const { code, text, about } = await examineNow(schema);
    expect(code).toBe(0);
    expect(about('database')).toContain(`of the bot ${botId}`);
    const times = text.replace(/\d+ s/g, 'N s').replace(/ {2,}/g, ' ');
    expect(times).toContain(`ok process host-a 12, Parley 1.2.3, for N s, shards ${own}\n`);
    expect(times).toContain(
      'differs process host-b 12, Parley 1.2.3, for N s: it no longer renews its leases',
    );
    expect(times).toContain('ok process host-c 12, Parley 1.2.3, for N s, waits for a shard');
    const held = `served by host-a 12, taken N s ago, epoch 1, no session saved, seats: 1`;
    expect(times).toContain(`ok shard ${own} ${held}`);
    expect(times).toContain(
      `differs shard ${other} free: no process serves it (epoch 1, taken N s ago)`,
    );
    expect(times).toContain(`differs shard ${free} free: no process serves it (epoch 0)`);
  });
});
