import type { id } from '#src/sql/columns.ts';
import { DatabaseSync } from '#src/sql/sqlite.ts';
import type { defineTable } from '#src/sql/table.ts';
import { migrateStore } from '#src/storage/schema.ts';
import { mainStore, transcripts } from '#src/storage/store-kinds.ts';
import { storeTables } from '#src/stores/store-parts.ts';
import { transcriptTables } from '#src/stores/transcripts/transcript-tables.ts';

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
