import { expect, test } from 'vitest';
import { openSchema, type TestSchema, withPostgres } from '#test/fakes/postgres.ts';
import { openIn } from '#test/storage/postgres/open-books.ts';
import { guildId, seat } from '#test/storage/stored-rows.ts';
import { examine } from './examine.ts';

const look = ({ url }: Pick<TestSchema, 'url'>) =>
  examine(['--offline'], { DATABASE_URL: url.reveal() });

withPostgres(() => {
  test('the doctor tells what stands in the database and where the bot sits, and makes nothing there', async () => {
    await using schema = await openSchema();
    const empty = await look(schema);
    expect(empty.code).toBe(0);
    expect(empty.about('database')).toMatch(/^ok database \S+, running for \d+ \w+$/);
    expect(empty.about('tables')).toMatch(/^ok tables none yet/);
    await using store = await openIn(schema);
    await store.seats.write(seat);
    const { code, about } = await look(schema);
    expect([code, about('tables: store')]).toEqual([0, expect.stringMatching(/format \d+$/)]);
    const words = `ok ${guildId} seat in channel ${seat.channelId} since 2026-11-20T17:50:00.000Z, alive`;
    expect(about(guildId)).toMatch(new RegExp(`^${words} \\d+ s ago$`));
    await schema.sql("UPDATE seats SET alive_at = alive_at - interval '1 hour'");
    expect((await look(schema)).about(guildId)).toMatch(/^differs .* 60 min ago: not returned to$/);
  });

  test('a database of a newer bot, and one that does not answer, are no places to start', async () => {
    await using schema = await openSchema();
    await using _store = await openIn(schema);
    await schema.sql("UPDATE parley_schema SET version = 99 WHERE part = 'store'");
    const newer = await look(schema);
    expect([newer.code, newer.about('tables: store')]).toEqual([
      1,
      expect.stringMatching(/^missing .* format 99, this program reads up to \d+: update it$/),
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
