import { expect, test } from 'vitest';
import { realClock } from '#src/base/clock.ts';
import { lastDevelopmentCommit } from '#src/sql/trouble.ts';
import { openPostgresStore } from '#src/storage/postgres/keep-stores.ts';
import { migratePostgres, type SchemaPart } from '#src/storage/postgres/migrate.ts';
import { PostgresPool } from '#src/storage/postgres/pool.ts';
import { shardSchema } from '#src/storage/postgres/shards/schema.ts';
import { storesPart } from '#src/storage/postgres/stores/schema.ts';
import { transcriptsPart } from '#src/storage/postgres/transcripts/schema.ts';
import { rangeOf } from '#src/storage/schema.ts';
import { openSchema, type TestSchema, withPostgres } from '#test/fakes/postgres.ts';

const parts: readonly SchemaPart[] = [storesPart, transcriptsPart, shardSchema];
const olderFormats = parts.flatMap((part) =>
  Array.from(
    { length: rangeOf(part.migrations).oldest - 1 },
    (_, n) => [part.name, n + 1, part] as const,
  ),
);

function openPool({ url }: TestSchema): PostgresPool {
  return new PostgresPool({ url, clock: realClock, mostConnections: 2 });
}

/** Every table with its columns and every row of it, each with the place and transaction it was written in. */
async function contentOf(schema: TestSchema): Promise<string> {
  const tables = await schema.sql(
    'SELECT table_name AS name FROM information_schema.tables WHERE table_schema = current_schema() ORDER BY 1',
  );
  const found: unknown[] = [];
  for (const { name } of tables)
    found.push(name, await schema.sql(`SELECT ctid::text, xmin::text, t.* FROM ${name} t`));
  return JSON.stringify(found);
}

withPostgres(() => {
  test.each(parts.map((part) => [part.name, part] as const))(
    'one migration creates the tables of %s, and a later one runs only where it is asked for, and keeps what is there',
    async (name, part) => {
      await using schema = await openSchema();
      await using pool = openPool(schema);
      await migratePostgres(pool, [part]);
      const { known } = rangeOf(part.migrations);
      expect(part.migrations).toHaveLength(1);
      expect(await schema.sql('SELECT * FROM parley_schema')).toEqual([
        { part: name, version: known },
      ]);
      await schema.sql('CREATE TABLE kept (id text); INSERT INTO kept VALUES (1)');
      const version = known + 1;
      const sql = "ALTER TABLE kept ADD COLUMN word text NOT NULL DEFAULT 'new'";
      const later = { name, migrations: [...part.migrations, { version, sql }] };
      const copyFirst = `has format ${known} of ${name}; this version writes format ${version}, .* \\(npm run backup -- --transcripts\\), then run npm run migrate\\.$`;
      await expect(migratePostgres(pool, [later])).rejects.toMatchObject({
        code: 'store.misconfigured',
        retryable: false,
        message: expect.stringMatching(copyFirst),
      });
      expect(await schema.sql('SELECT * FROM parley_schema')).toEqual([
        { part: name, version: known },
      ]);
      for (const _time of ['once', 'again'])
        await migratePostgres(pool, [later], { upgrades: true });
      expect(await schema.sql('SELECT * FROM kept')).toEqual([{ id: '1', word: 'new' }]);
      expect(await schema.sql('SELECT * FROM parley_schema')).toEqual([{ part: name, version }]);
      await expect(migratePostgres(pool, [part])).rejects.toMatchObject({ code: 'store.newer' });
    },
  );

  test.each(olderFormats)(
    'tables of %s of format %d, from before the first release, are refused, and nothing of them changes',
    async (name, version) => {
      await using schema = await openSchema();
      await schema.sql(
        'CREATE TABLE parley_schema (part text PRIMARY KEY, version integer NOT NULL)',
      );
      await schema.sql(`INSERT INTO parley_schema VALUES ('${name}', ${version})`);
      await schema.sql(
        "CREATE TABLE standings (guild_id text); INSERT INTO standings VALUES ('10')",
      );
      const before = await contentOf(schema);
      const sentence = `^The database \\S+ has format ${version} of ${name}, from before the first release; [^.]*\\. Start commit ${lastDevelopmentCommit} to export the data, or [^.]*\\.$`;
      const refusal = { code: 'store.older', message: expect.stringMatching(sentence) };
      await using pool = openPool(schema);
      // The parts before it are not there yet, and are not made either.
      await expect(migratePostgres(pool, parts)).rejects.toMatchObject(refusal);
      const opening = openPostgresStore(
        {
          url: schema.url,
          clock: realClock,
          parts: [transcriptsPart, shardSchema],
          report: () => undefined,
        },
        new AbortController().signal,
      );
      await expect(opening).rejects.toMatchObject(refusal);
      expect(await contentOf(schema)).toBe(before);
    },
  );
});
