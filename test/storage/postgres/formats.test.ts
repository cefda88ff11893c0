import { toGuildId } from '#src/base/ids.ts';
import {
  describeLostRows,
  migratePostgres,
  type SchemaPart,
} from '#src/storage/postgres/migrate-schema.ts';
import { openForProgram } from '#src/storage/postgres/postgres-driver.ts';
import { getPresentFormat } from '#src/storage/schema.ts';
import { mainStore, transcripts } from '#src/storage/store-kinds.ts';
import { openSchema, type TestSchema, withPostgres } from '#test/fakes/postgres.ts';
import {
  formerRows,
  keptOfFormat21,
  keptOfFormat24,
  rowsOfFormat21,
  rowsOfFormat24,
} from '#test/storage/former-consents.ts';
import { openPostgresStores } from './open-stores.ts';

const schemaParts: readonly SchemaPart[] = [mainStore, transcripts];
const openPool = ({ url }: TestSchema) => openForProgram({ url }, 10_000);

withPostgres(() => {
  test.each(schemaParts.map((part) => [part.name, part]))(
    'the migrations create the tables of %s, and a later one runs only where it is asked for, and keeps what is there',
    async (name, part) => {
      await using schema = await openSchema();
      await using pool = openPool(schema);
      await migratePostgres(pool, [part]);
      const known = getPresentFormat(part.postgres);
      expect(await schema.sql('SELECT * FROM parley_schema')).toEqual([
        { part: name, version: known },
      ]);
      await schema.sql('CREATE TABLE kept (id text); INSERT INTO kept VALUES (1)');
      const version = known + 1;
      const sql = "ALTER TABLE kept ADD COLUMN word text NOT NULL DEFAULT 'new'";
      const later = { name, postgres: [...part.postgres, { version, sql }] };
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
      expect(await schema.sql('SELECT * FROM kept')).toEqual([
        { id: '1', word: 'new' },
      ]);
      expect(await schema.sql('SELECT * FROM parley_schema')).toEqual([
        { part: name, version },
      ]);
      await expect(migratePostgres(pool, [part])).rejects.toMatchObject({
        code: 'store.format',
      });
    },
  );

  test('the yes for a day of a former format is deleted and counted, and the no of a seat is kept', async () => {
    await using schema = await openSchema();
    await (await openPostgresStores(schema))[Symbol.asyncDispose]();
    await schema.sql(formerRows);
    await schema.sql("UPDATE parley_schema SET version = 15 WHERE part = 'store'");
    {
      await using pool = openPool(schema);
      const lost = expect.stringMatching(
        /^The upgrade deletes 1 consents that held for one day/,
      );
      expect(await describeLostRows(pool, new Map([['store', 15]]))).toEqual([lost]);
      await migratePostgres(pool, [mainStore], { upgrades: true });
    }
    await using store = await openPostgresStores(schema);
    expect(await store.consents.read(toGuildId('g'))).toEqual(
      new Map(
        Object.entries({
          ann: { kind: 'always' },
          bob: { kind: 'never' },
          cy: { kind: 'never' },
        }),
      ),
    );
    expect(await store.settings.read(toGuildId('g'))).toEqual(
      new Map([['cues', 'on']]),
    );
  });

  test('an erasure under way in a store of format 21 goes on, and all other words stay', async () => {
    await using schema = await openSchema();
    await (await openPostgresStores(schema))[Symbol.asyncDispose]();
    await schema.sql(rowsOfFormat21);
    await schema.sql("UPDATE parley_schema SET version = 21 WHERE part = 'store'");
    {
      await using pool = openPool(schema);
      await migratePostgres(pool, [mainStore], { upgrades: true });
    }
    await using store = await openPostgresStores(schema);
    expect(await store.consents.read(toGuildId('g'))).toEqual(keptOfFormat21.consents);
    expect(await store.consents.listErasures()).toEqual(keptOfFormat21.erasures);
  });

  test('personas, captions and rests of channels in a store of format 24 become settings of the channels', async () => {
    await using schema = await openSchema();
    await (await openPostgresStores(schema))[Symbol.asyncDispose]();
    await schema.sql(rowsOfFormat24);
    await schema.sql("UPDATE parley_schema SET version = 24 WHERE part = 'store'");
    {
      await using pool = openPool(schema);
      await migratePostgres(pool, [mainStore], { upgrades: true });
    }
    await using store = await openPostgresStores(schema);
    const { settings } = store;
    expect(await settings.read(toGuildId('g'))).toEqual(keptOfFormat24.server);
    expect(await settings.readChannels(toGuildId('g'))).toEqual(
      keptOfFormat24.channels,
    );
    expect(
      await schema.sql(
        "SELECT proname FROM pg_proc WHERE pronamespace = current_schema()::regnamespace AND proname LIKE 'parley%'",
      ),
    ).toEqual([]);
  });
});
