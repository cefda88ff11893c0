import { dirname } from 'node:path';
import sql, { raw } from 'sql-template-tag';
import { realClock } from '#src/base/clock.ts';
import { type PersonId, toGuildId, toPersonId } from '#src/base/ids.ts';
import { toColumnName } from '#src/sql/columns.ts';
import { Connection } from '#src/sql/connection.ts';
import { createPerformer, DatabaseSync } from '#src/sql/sqlite.ts';
import { selectRows } from '#src/sql/table.ts';
import { backUpStore } from '#src/storage/backups/backup.ts';
import { toBackupsFolder } from '#src/storage/backups/copy-names.ts';
import { openDatabase } from '#src/storage/database.ts';
import { createPostgresDriver } from '#src/storage/postgres/postgres-driver.ts';
import { type StoreKind, storeKinds, storePath } from '#src/storage/store-kinds.ts';
import {
  openLocalStore,
  openLocalTranscripts,
  toTranscriptsPath,
} from '#test/fakes/local-stores.ts';
import { openSchema, type TestSchema, withPostgres } from '#test/fakes/postgres.ts';
import { runProgram } from '#test/fakes/run-program.ts';
import { makeStoreFolder } from '#test/storage/store-folder.ts';
import {
  channelId,
  dora,
  guildId,
  writeMain,
  writeTranscripts,
} from '#test/storage/stored-rows.ts';
import { openLocks } from './open-locks.ts';
import { openPostgresStores } from './open-stores.ts';
import { openPostgresTranscripts } from './open-transcripts.ts';

/** Rows of each table, by its name. */
type EveryRow = Readonly<Record<string, readonly Readonly<Record<string, unknown>>[]>>;

/** Every row of every table, in the order of its key. */
async function everyRow(connection: Connection, { tables }: StoreKind) {
  const match: Record<string, Readonly<Record<string, unknown>>[]> = {};
  for (const table of tables) {
    const order = raw(table.key.map(toColumnName).join(', '));
    const rows = await selectRows(connection, table, sql`ORDER BY ${order}`);
    match[table.name] = rows.map(({ terms: _, ...row }) => row); // each database has its own index of words
  }
  return match;
}

async function rowsOfFile(path: string, kind: StoreKind) {
  using file = new DatabaseSync(path, { readOnly: true });
  const connection = new Connection('sqlite', createPerformer(file), Date.now);
  return await everyRow(connection, kind);
}

async function rowsOfSchema({ url }: TestSchema, kind: StoreKind) {
  await using database = openDatabase({ driver: createPostgresDriver({ url }), clock });
  return await database.read((connection) => everyRow(connection, kind));
}

const clock = realClock;

/** A program of the bot over that database, with its files in `dataDir`. */
function runBotProgram(
  program: 'backup' | 'restore',
  dataDir: string,
  { url }: TestSchema,
  ...args: string[]
) {
  return runProgram(
    program,
    { DATA_DIR: dataDir, DATABASE_URL: url.reveal() },
    ...args,
  );
}

/** Rows that a restore brings back. */
function listRestorable(rows: EveryRow) {
  const filterKind = (name: string, kind: string) =>
    (rows[name] ?? []).filter((row) => row.kind === kind);
  const consents = {
    consents: (rows.consents ?? []).filter(({ kind }) => kind !== 'always'),
    seat_consents: filterKind('seat_consents', 'no'),
  };
  const dropped = { api_tokens: [], hearings: [], told_people: [] };
  return rows.consents ? { ...rows, ...consents, ...dropped } : rows;
}

withPostgres(() => {
  test('a copy of files is restored into a database, and a copy of that into files, with every row but yes, tokens, who was told and who was heard', async () => {
    using tempFolder = makeStoreFolder();
    await using schema = await openSchema();
    const dataDir = dirname(tempFolder.path);
    {
      await using store = await openLocalStore(tempFolder.path, { clock });
      await writeMain(store);
      const path = toTranscriptsPath(dataDir);
      await using transcripts = await openLocalTranscripts(path, { clock });
      await writeTranscripts(transcripts);
    }
    const copies = storeKinds.map((kind) =>
      backUpStore(storePath(dataDir, kind), toBackupsFolder(dataDir), Date.now()),
    );
    const restored = runBotProgram('restore', dataDir, schema, ...copies);
    expect(restored).toMatchObject({ status: 0, stderr: '' });
    const kept = runBotProgram('backup', dataDir, schema, '--transcripts');
    expect(kept).toMatchObject({ status: 0, stderr: '' });
    for (const [n, kind] of storeKinds.entries()) {
      const expected = listRestorable(await rowsOfFile(storePath(dataDir, kind), kind));
      expect(Object.values(expected).flat().length).toBeGreaterThan(0);
      expect(await rowsOfSchema(schema, kind), 'in the database').toEqual(expected);
      const copy = kept.stdout.trim().split('\n')[n] ?? '';
      expect(await rowsOfFile(copy, kind), 'in the copy').toEqual(expected);
    }
    await using moved = await openPostgresTranscripts(schema);
    const search = { guildId: toGuildId(guildId), words: 'harbour friday', limit: 5 };
    const open = { channelIds: [channelId] };
    expect(await moved.reader.search(search, open)).not.toEqual([]);
    const by = { byId: toPersonId(dora), byName: 'Dora' };
    await moved.memories.add({
      guildId: toGuildId(guildId),
      text: 'new',
      ...by,
      atWallMs: 1,
    });
    expect((await moved.memories.list(toGuildId(guildId))).at(-1)).toMatchObject({
      text: 'new',
    });
  });

  test('a no and an erasure after the copy stay in a database, also where only transcripts come back', async () => {
    using tempFolder = makeStoreFolder();
    await using schema = await openSchema();
    const dataDir = dirname(tempFolder.path);
    const writeConsent = async (personId: PersonId, kind: 'forgotten' | 'never') => {
      await using store = await openPostgresStores(schema);
      await store.consents.write(toGuildId('10'), personId, { kind });
    };
    await (await openPostgresTranscripts(schema))[Symbol.asyncDispose]();
    await writeConsent(toPersonId('1'), 'never');
    const copied = runBotProgram(
      'backup',
      dataDir,
      schema,
      '--transcripts',
    ).stdout.trim();
    const [store = '', transcripts = ''] = copied.split('\n');
    await writeConsent(toPersonId('2'), 'never');
    await writeConsent(toPersonId('3'), 'forgotten');
    for (const copy of [transcripts, store]) {
      expect(runBotProgram('restore', dataDir, schema, copy)).toMatchObject({
        status: 0,
      });
      await using restored = await openPostgresStores(schema);
      expect(await restored.consents.listErasures()).toMatchObject([{ personId: '3' }]);
    }
    await using storeAfter = await openPostgresStores(schema);
    const kinds = Object.entries({ 1: 'never', 2: 'never', 3: 'forgotten' });
    expect(await storeAfter.consents.read(toGuildId('10'))).toEqual(
      new Map(kinds.map(([personId, kind]) => [personId, { kind }])),
    );
  });

  test('nothing is put into a database that a process uses', async () => {
    using tempFolder = makeStoreFolder();
    await using schema = await openSchema();
    const dataDir = dirname(tempFolder.path);
    {
      await using store = await openPostgresStores(schema);
      await store.consents.write(toGuildId('10'), toPersonId('1'), { kind: 'always' });
    }
    const copy = runBotProgram('backup', dataDir, schema).stdout.trim();
    await using _locks = await openLocks(schema, { count: 1, first: 0, last: 0 });
    expect(runBotProgram('restore', dataDir, schema, copy)).toMatchObject({
      status: 1,
      stderr: expect.stringMatching(
        /^\S+ \d+ uses the database \S+: stop every process first/,
      ),
    });
  });

  test('nothing is copied from a database without a store, and no table is made in it', async () => {
    using tempFolder = makeStoreFolder();
    await using schema = await openSchema();
    expect(runBotProgram('backup', dirname(tempFolder.path), schema)).toMatchObject({
      status: 1,
      stderr: expect.stringMatching(
        /^There is no store in the database \S+ to copy: start the bot once, or correct DATABASE_URL\.$/m,
      ),
    });
    expect(
      await schema.sql('SELECT 1 FROM pg_tables WHERE schemaname = current_schema()'),
    ).toEqual([]);
  });
});
