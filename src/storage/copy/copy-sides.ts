import { BotError } from '#src/base/errors.ts';
import { insertRows } from '#src/storage/postgres/books/writing.ts';
import type { SqlConnection, SqlRow } from '#src/storage/postgres/sql-connection.ts';
import type { DatabaseSync } from '#src/storage/sqlite.ts';
import type { CopiedCount, CopyOptions } from './copied-part.ts';
import type { CopiedTable } from './table-columns.ts';

type CopySidesOptions = Pick<CopyOptions, 'part' | 'pool' | 'replaces' | 'to'> & {
  readonly sqlite: DatabaseSync;
  readonly connection: SqlConnection;
  readonly tables: readonly CopiedTable[];
  readonly path: string;
};

const rowsAtOnce = 1_000;

/** The two sides of a copy, each within one transaction of its own. What fails leaves both as they were. */
export class CopySides {
  readonly #options: CopySidesOptions;
  readonly #copied = new Map<string, number>();

  constructor(options: CopySidesOptions) {
    this.#options = options;
  }

  begin(): void {
    const { sqlite, to } = this.#options;
    sqlite.exec(to === 'sqlite' ? 'BEGIN IMMEDIATE' : 'BEGIN');
  }

  /** Errors: BotError `store.unwritable`. */
  async refuseFull(): Promise<void> {
    const { connection, replaces, tables, to } = this.#options;
    const names = tables.map(({ name }) => name);
    if (to === 'postgres') await connection.run(`LOCK TABLE ${names} IN EXCLUSIVE MODE`);
    for (const name of names.toReversed()) {
      if (!replaces && (await this.#count(name)) > 0)
        throw this.#refused(`already has ${name}: to replace what is there, add --replace`);
      await this.#run(`DELETE FROM ${name}`);
    }
  }

  async copy(): Promise<void> {
    const { connection, part, sqlite, tables, to } = this.#options;
    for (const table of tables) {
      const count = await (to === 'postgres' ? this.#toPostgres(table) : this.#toSqlite(table));
      this.#copied.set(table.name, count);
    }
    if (to === 'postgres') await part.complete?.postgres(connection);
    else part.complete?.sqlite(sqlite);
  }

  /** Counts what has arrived, and keeps it. Errors: BotError `store.unwritable`. */
  async finish(): Promise<readonly CopiedCount[]> {
    const counts: CopiedCount[] = [];
    for (const [table, rows] of this.#copied) {
      if ((await this.#count(table)) !== rows) throw this.#refused(`took not all of ${table}`);
      counts.push({ table, rows });
    }
    this.#options.sqlite.exec('COMMIT');
    return counts;
  }

  async #toPostgres({ added, columns, name }: CopiedTable): Promise<number> {
    const { connection, sqlite } = this.#options;
    const all = [
      ...columns.map(({ there, type }) => ({ name: there, type })),
      ...(added ? [added] : []),
    ];
    const types = all.map((column) => `${column.name} ${column.type}`);
    let batch: unknown[][] = [];
    let count = 0;
    const send = async () => {
      count += batch.length;
      await insertRows(connection, name, types, batch);
      batch = [];
    };
    for (const row of sqlite.prepare(`SELECT * FROM ${name}`).iterate()) {
      const values = columns.map(({ form, name: column }) =>
        form ? form.write(row[column]) : row[column],
      );
      batch.push(added ? [...values, added.of(row, sqlite)] : values);
      if (batch.length >= rowsAtOnce) await send();
    }
    await send();
    return count;
  }

  async #toSqlite({ columns, name }: CopiedTable): Promise<number> {
    const { connection, sqlite } = this.#options;
    const values = columns.map(({ form, name: column }) => `${form?.read ?? column} AS ${column}`);
    await connection.run(`DECLARE copied NO SCROLL CURSOR FOR SELECT ${values} FROM ${name}`);
    const places = columns.map(() => '?');
    const insert = sqlite.prepare(
      `INSERT INTO ${name} (${columns.map((one) => one.name)}) VALUES (${places})`,
    );
    let count = 0;
    for (;;) {
      const rows = await connection.rows(`FETCH ${rowsAtOnce} FROM copied`);
      for (const row of rows) insert.run(...columns.map((column) => sqliteValue(row, column)));
      count += rows.length;
      if (rows.length < rowsAtOnce) break;
    }
    await connection.run('CLOSE copied');
    return count;
  }

  async #count(table: string): Promise<number> {
    const { connection, sqlite, to } = this.#options;
    const sql = `SELECT count(*) AS n FROM ${table}`;
    const [row] = to === 'sqlite' ? [sqlite.prepare(sql).get()] : await connection.rows(sql);
    return Number(row?.n);
  }

  async #run(sql: string): Promise<void> {
    const { connection, sqlite, to } = this.#options;
    if (to === 'sqlite') sqlite.exec(sql);
    else await connection.run(sql);
  }

  #refused(why: string): BotError {
    const { path, pool, to } = this.#options;
    const target = to === 'sqlite' ? `file ${path}` : `database ${pool.place}`;
    const message = `Nothing was copied: the ${target} ${why}.`;
    return new BotError('store.unwritable', false, message);
  }
}

/** PostgreSQL gives big integers as text. */
function sqliteValue(row: SqlRow, { name, type }: CopiedTable['columns'][number]) {
  const value = row[name];
  if (value === null || value === undefined) return null;
  return type === 'bigint' || typeof value === 'number' ? Number(value) : String(value);
}
