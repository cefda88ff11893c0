import type { SqlConnection } from '#src/storage/postgres/sql-connection.ts';
import type { DatabaseSync } from '#src/storage/sqlite.ts';
import type { AddedColumn, ColumnForm, CopiedPart } from './copied-part.ts';

export type CopiedColumn = {
  /** Name in SQLite. */
  readonly name: string;
  /** Name in PostgreSQL. */
  readonly there: string;
  /** Type in PostgreSQL. */
  readonly type: string;
  readonly form?: ColumnForm;
};

export type CopiedTable = {
  readonly name: string;
  readonly columns: readonly CopiedColumn[];
  readonly added?: AddedColumn;
};

/**
 * Every table of the file with its columns, in the order in which they were made. A table or column without its like in
 * PostgreSQL is a bug.
 */
export async function copiedTables(
  sqlite: DatabaseSync,
  connection: SqlConnection,
  { additions, forms, isOfFileOnly = () => false }: CopiedPart,
): Promise<readonly CopiedTable[]> {
  const names = sqlite
    .prepare("SELECT name FROM sqlite_schema WHERE type = 'table' ORDER BY rowid")
    .all()
    .map(({ name }) => String(name))
    .filter((name) => !isOfFileOnly(name));
  const types = await columnTypes(connection);
  return names.map((table) => {
    const found = sqlite.prepare('SELECT name FROM pragma_table_info(?)').all(table);
    const columns = found.map(({ name: column }) => {
      const name = String(column);
      const form = forms[`${table}.${name}`];
      const there = form?.name ?? name;
      const type = types.get(`${table}.${there}`);
      if (type === undefined) throw new Error(`no column ${table}.${there} in PostgreSQL`);
      return { name, there, type, ...(form && { form }) };
    });
    const added = additions?.[table];
    return { name: table, columns, ...(added && { added }) };
  });
}

async function columnTypes(connection: SqlConnection): Promise<ReadonlyMap<string, string>> {
  const rows = await connection.rows(
    `SELECT table_name || '.' || column_name AS name, data_type AS type
     FROM information_schema.columns WHERE table_schema = current_schema()`,
  );
  return new Map(rows.map(({ name, type }) => [String(name), String(type)]));
}
