import { randomBytes } from 'node:crypto';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import pg from 'pg';

const { DatabaseSync } = process.getBuiltinModule('node:sqlite');

const database = 'postgres://postgres@127.0.0.1:5432/test';

/** Tables of every SQLite file of a folder, by file: columns, indexes, triggers, and the version of the format. */
export function sqliteTables(folder: string): Readonly<Record<string, unknown>> {
  const files = readdirSync(folder, { recursive: true }).map(String);
  const stores = files.filter((name) => name.endsWith('.db')).toSorted();
  return Object.fromEntries(
    stores.map((name) => {
      using sqlite = new DatabaseSync(join(folder, name), { readOnly: true });
      return [name, describe(sqlite)];
    }),
  );
}

function describe(sqlite: InstanceType<typeof DatabaseSync>) {
  const all = (sql: string, ...values: readonly string[]) => sqlite.prepare(sql).all(...values);
  const tables = all(
    "SELECT name, type, wr, strict FROM pragma_table_list WHERE schema = 'main' ORDER BY name",
  );
  return {
    version: all('PRAGMA user_version')[0]?.user_version,
    tables: tables.map((table) => ({
      ...table,
      columns: all(
        'SELECT name, type, "notnull", dflt_value, pk, hidden FROM pragma_table_xinfo(?)',
        `${table.name}`,
      ),
      indexes: all(
        'SELECT name, "unique", origin, partial FROM pragma_index_list(?) ORDER BY name',
        `${table.name}`,
      ).map((index) => ({
        ...index,
        columns: all('SELECT name FROM pragma_index_info(?)', `${index.name}`).map(
          ({ name }) => name,
        ),
      })),
      keys: all(
        'SELECT "table", "from", "to", on_delete FROM pragma_foreign_key_list(?)',
        `${table.name}`,
      ),
    })),
    statements: all('SELECT name, sql FROM sqlite_schema WHERE sql IS NOT NULL ORDER BY name').map(
      ({ name, sql }) => ({ name, sql: `${sql}`.replace(/\s+/g, ' ') }),
    ),
  };
}

export type Schema = AsyncDisposable & {
  readonly name: string;
  /** Address with this schema as its search path. */
  readonly url: string;
  rows(sql: string): Promise<readonly Readonly<Record<string, unknown>>[]>;
};

/** An empty schema of the database for tests; dropped in the end. */
export async function newSchema(address = database): Promise<Schema> {
  const name = `parley_truth_${randomBytes(6).toString('hex')}`;
  const client = new pg.Client({ connectionString: address });
  await client.connect();
  await client.query(`CREATE SCHEMA ${name}`);
  const url = new URL(address);
  url.searchParams.set('options', `-c search_path=${name}`);
  return {
    name,
    url: url.href,
    rows: async (sql) => (await client.query(sql, [name])).rows,
    async [Symbol.asyncDispose]() {
      await client.query(`DROP SCHEMA ${name} CASCADE`);
      await client.end();
    },
  };
}

/** Tables of a schema: columns, indexes and constraints. */
export async function postgresTables({ name, rows }: Schema): Promise<unknown> {
  const columns = await rows(
    `SELECT table_name, column_name AS name, data_type, is_nullable, column_default, is_generated
     FROM information_schema.columns WHERE table_schema = $1 ORDER BY table_name, ordinal_position`,
  );
  const indexes = await rows(
    'SELECT tablename, indexname AS name, indexdef FROM pg_indexes WHERE schemaname = $1 ORDER BY indexname',
  );
  const constraints = await rows(
    `SELECT conrelid::regclass::text AS of, conname AS name, pg_get_constraintdef(oid) AS definition
     FROM pg_constraint WHERE connamespace = $1::regnamespace ORDER BY 1, 2`,
  );
  const tables = [...new Set(columns.map(({ table_name }) => `${table_name}`))];
  const plain = { columns, indexes, constraints };
  const text = JSON.stringify({ ...plain, tables }).replaceAll(`${name}.`, '');
  const { columns: c, indexes: i, constraints: k } = JSON.parse(text) as typeof plain;
  const of = (all: typeof columns, key: string, table: string) =>
    all.filter((one) => one[key] === table).map(({ [key]: _, ...rest }) => rest);
  return tables.map((table) => ({
    name: table,
    columns: of(c, 'table_name', table),
    indexes: of(i, 'tablename', table),
    constraints: of(k, 'of', table),
  }));
}
