import { createHash } from 'node:crypto';
import type { id } from '#src/sql/columns.ts';
import { DatabaseSync } from '#src/sql/sqlite.ts';
import type { defineTable } from '#src/sql/table.ts';
import { type Migration, migrateStore } from '#src/storage/schema.ts';
import { mainStore, transcripts } from '#src/storage/store-kinds.ts';
import { storeTables } from '#src/stores/store-parts.ts';
import { transcriptTables } from '#src/stores/transcripts/transcript-tables.ts';

/**
 * Versions with the beginning of the SHA-256 of their SQL. A declaration of a table changes the migration that creates it: before a
 * release the new hash stands here, after it the declaration needs a further migration.
 */
const known: readonly (readonly [string, readonly Migration[], readonly string[]])[] = [
  [
    'parley.db',
    mainStore.sqlite,
    [
      '15 a1469962227373c4',
      '17 5b4b7e1d2949f780',
      '18 7f3df392d89fb151',
      '20 b0841208e6ec21a8',
      '21 33b7808157f02d5a',
      '22 456e682e22368d49',
      '23 476b9120e3b5166a',
      '24 f6c61eac75d25941',
      '25 c60ca0fed33fd7ff',
      '26 1771949afac3892b',
      '27 a7c3f118e6690706',
      '28 20b360ddeda1e882',
    ],
  ],
  [
    'the store in PostgreSQL',
    mainStore.postgres,
    [
      '15 d0d1b4370f015b50',
      '17 5beac65b3f4862eb',
      '18 7f3df392d89fb151',
      '20 c6c9c32b21a0e04b',
      '21 1e07b8630c71ccf6',
      '22 5f992d077ef3dc58',
      '23 93c0f208aaca4a1b',
      '24 0a999502eab0a6fa',
      '25 b0e5bf68de9be91a',
      '26 d5f4f792dd215da2',
      '27 d0acb64c85e70923',
      '28 692f9148ee26aa7d',
    ],
  ],
  [
    'transcripts.db',
    transcripts.sqlite,
    [
      '3 6231e7184a9211be',
      '5 d152c9bda4940ca9',
      '6 ced251286a6adddd',
      '7 6dc719900f1eb8ac',
    ],
  ],
  [
    'transcripts in PostgreSQL',
    transcripts.postgres,
    [
      '3 eb141597a79062c9',
      '5 665d3d4050b15216',
      '6 59e8fea6a8080318',
      '7 509b65b76e30db3c',
    ],
  ],
];

test.each(known)(
  'the migrations of %s are those that were known',
  (_, allMigrations, hashes) => {
    const now = allMigrations.map(({ version, sql }) => {
      return `${version} ${createHash('sha256').update(sql).digest('hex').slice(0, 16)}`;
    });
    expect(now).toEqual(hashes);
  },
);

const rules = { key: ['guildId'], server: 'delete', restored: 'all' } as const;

test('a table does not compile without what becomes of its rows about persons and servers, and in a restore', () => {
  type Rules = Parameters<typeof defineTable<{ readonly guildId: typeof id }>>[2];
  const person = [] as const;
  expectTypeOf({ ...rules, person }).toExtend<Rules>();
  expectTypeOf(rules).not.toExtend<Rules>();
  const { restored, server, key } = rules;
  expectTypeOf({ key, restored, person }).not.toExtend<Rules>();
  expectTypeOf({ key, server, person }).not.toExtend<Rules>();
});

test('every table with a server or a person in it declares what becomes of its rows', () => {
  using sqlite = new DatabaseSync(':memory:');
  migrateStore(sqlite, mainStore.sqlite);
  const tablesWith = (column: string) =>
    sqlite
      .prepare(
        `SELECT t.name FROM sqlite_schema t JOIN pragma_table_info(t.name) c
         WHERE t.type = 'table' AND c.name = ? ORDER BY 1`,
      )
      .all(column)
      .map(({ name }) => name);
  const allTables = storeTables;
  const ofServers = allTables.filter(({ server }) => server !== 'nothing');
  expect(ofServers.map(({ name }) => name).toSorted()).toEqual(tablesWith('guild_id'));
  const ofPersons = allTables.filter(({ person }) => person.length > 0);
  expect(ofPersons.map(({ name }) => name).toSorted()).toEqual(tablesWith('person_id'));
  expect(ofPersons.every(({ columns }) => 'guildId' in columns)).toBe(true);
});

test('every table of transcripts with a server or a person in it declares what becomes of its rows', () => {
  const tablesOf = (...fields: readonly string[]) =>
    transcriptTables.filter(({ columns }) => fields.some((field) => field in columns));
  const ofPersons = tablesOf('personId', 'byId', 'aboutId', 'personIds').map(
    ({ name, person }) => [name, person],
  );
  expect(Object.fromEntries(ofPersons)).toEqual({
    lines: 'erase-line',
    memories: ['byId', 'aboutId'],
    notes: ['personIds'],
  });
  expect(tablesOf('guildId').every(({ server }) => server === 'delete')).toBe(true);
  expect(tablesOf('session').every(({ server }) => server !== 'nothing')).toBe(true);
});

test.each([
  ['the store', mainStore.sqlite],
  ['transcripts', transcripts.sqlite],
])(
  'no table of %s can hold sound, but the one of files that members add',
  (_, steps) => {
    using sqlite = new DatabaseSync(':memory:');
    migrateStore(sqlite, steps);
    const columns = sqlite
      .prepare(
        `SELECT DISTINCT c.type FROM pragma_table_list t JOIN pragma_table_info(t.name) c
       WHERE t.type = 'table' AND t.strict AND t.name <> 'sounds'`,
      )
      .all();
    expect(new Set(columns.map(({ type }) => type))).toEqual(
      new Set(['INTEGER', 'TEXT', 'REAL']),
    );
  },
);
