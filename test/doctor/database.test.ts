import { expect, test } from 'vitest';
import { openSchema, type TestSchema, withPostgres } from '#test/fakes/postgres.ts';
import { openLocks } from '#test/storage/postgres/open-locks.ts';
import { openIn } from '#test/storage/postgres/open-stores.ts';
import { examine } from './examine.ts';

const examineNow = ({ url }: Pick<TestSchema, 'url'>) =>
  examine(['--offline'], { DATABASE_URL: url.reveal() });

withPostgres(() => {
  test('the doctor tells what stands in the database and makes nothing there', async () => {
    await using schema = await openSchema();
    const empty = await examineNow(schema);
    expect(empty.code).toBe(0);
    expect(empty.about('database')).toMatch(/^ok database \S+, running for \d+ \w+$/);
    expect(empty.about('tables')).toMatch(/^ok tables there are none yet/);
    await using _store = await openIn(schema);
    const { code, about } = await examineNow(schema);
    expect([code, about('tables: store')]).toEqual([0, expect.stringMatching(/format \d+$/)]);
  });

  test('a database of a newer bot, and one that does not answer, are no places to start', async () => {
    await using schema = await openSchema();
    await using _store = await openIn(schema);
    await schema.sql("UPDATE parley_schema SET version = 99 WHERE part = 'store'");
    const newer = await examineNow(schema);
    expect([newer.code, newer.about('tables: store')]).toEqual([
      1,
      expect.stringMatching(/^missing .* format 99, but this program reads formats \d+ to \d+$/),
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
  test('the doctor names who serves which shards, and for how long', async () => {
    await using schema = await openSchema();
    await using _one = await openLocks(schema, { count: 5, first: 0, last: 2 });
    await using _two = await openLocks(schema, { count: 5, first: 3, last: 3 });
    const { code, text } = await examineNow(schema);
    const lines = text.replace(/ {2,}/g, ' ').match(/^.*ok process .*$/gm) ?? [];
    expect([code, lines]).toEqual([
      0,
      [
        expect.stringMatching(/ok process \S+ \d+, for \d+ s, shards 0, 1, 2 of 5$/),
        expect.stringMatching(/ok process \S+ \d+, for \d+ s, shards 3 of 5$/),
      ],
    ]);
  });
});
