import type { Sql } from 'sql-template-tag';
import type { Columns, RowOf } from '#src/storage/sql/columns.ts';
import { PostgresConnection, plainRow } from './postgres-connection.ts';

export type SqlRow = Readonly<Record<string, unknown>>;

/** One connection to the database. Text may hold any character; times and sums of `bigint` come as text. */
export interface SqlConnection {
  rows(sql: string, values?: readonly unknown[]): Promise<readonly SqlRow[]>;
  /** Runs a statement; the number of changed rows. */
  run(sql: string, values?: readonly unknown[]): Promise<number>;
}

/** Connection for statements of both databases, and for texts of PostgreSQL alone. */
export class ClientConnection extends PostgresConnection implements SqlConnection {
  override rows<Shape extends Columns>(
    shape: Shape,
    statement: Sql,
  ): Promise<readonly RowOf<Shape>[]>;
  override rows(sql: string, values?: readonly unknown[]): Promise<readonly SqlRow[]>;
  override async rows(first: Columns | string, second: Sql | readonly unknown[] = []) {
    if (typeof first === 'string')
      return (await this.query(first, second as unknown[])).rows.map(plainRow);
    return await super.rows(first, second as Sql);
  }

  override async run(first: Sql | string, values: readonly unknown[] = []): Promise<number> {
    if (typeof first !== 'string') return await super.run(first);
    return (await this.query(first, values)).rowCount ?? 0;
  }

  override aged(ageMs: number): ClientConnection {
    return new ClientConnection(this.client, this.writer, ageMs);
  }
}
