import { existsSync } from 'node:fs';
import { type DatabaseSync, openReadOnly } from '#src/storage/sqlite.ts';

const lockWaitMs = 10_000;

/** Rows that refuse something, by their table. */
const refusals = [
  { table: 'standings', where: "kind = 'never'" },
  { table: 'left_out_of_captions', where: 'true' },
  { table: 'api_tokens', where: 'revoked_ms IS NOT NULL' },
] as const;

type Refusals = {
  readonly table: string;
  readonly rows: readonly Readonly<Record<string, string | number | null>>[];
};

/**
 * Takes every no of the store at `path`, and every revoked token, over into `target`, where a yes may stand that is older.
 *
 * How many; undefined where that store cannot be read. Errors: those of `target`.
 */
export function keepRefusals(target: DatabaseSync, path: string): number | undefined {
  if (!existsSync(path)) return 0;
  const found = readRefusals(path);
  for (const { table, rows } of found ?? []) {
    const known = columnsOf(target, table);
    for (const row of rows) {
      const columns = Object.keys(row).filter((column) => known.includes(column));
      const values = columns.map(() => '?').join(', ');
      target
        .prepare(`REPLACE INTO ${table} (${columns.join(', ')}) VALUES (${values})`)
        .run(...columns.map((column) => row[column] ?? null));
    }
  }
  return found?.reduce((sum, { rows }) => sum + rows.length, 0);
}

function readRefusals(path: string): readonly Refusals[] | undefined {
  try {
    using sqlite = openReadOnly(path, lockWaitMs);
    return refusals
      .filter(({ table }) => columnsOf(sqlite, table).length > 0)
      .map(({ table, where }) => ({
        table,
        // STRICT tables of texts and numbers.
        rows: sqlite.prepare(`SELECT * FROM ${table} WHERE ${where}`).all() as Refusals['rows'],
      }));
  } catch {
    return undefined;
  }
}

/** None where there is no such table. */
function columnsOf(sqlite: DatabaseSync, table: string): readonly string[] {
  const sql = 'SELECT name FROM pragma_table_info(?)';
  return sqlite
    .prepare(sql)
    .all(table)
    .map(({ name }) => String(name));
}
