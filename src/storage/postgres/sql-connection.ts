import type pg from 'pg';
import { escapeNul, unescapeNul } from './nul-escape.ts';

export type SqlRow = Readonly<Record<string, unknown>>;

/** One connection to the database. Text may hold any character; times and sums of `bigint` come as text. */
export interface SqlConnection {
  rows(sql: string, values?: readonly unknown[]): Promise<readonly SqlRow[]>;
  /** How many rows were changed. */
  run(sql: string, values?: readonly unknown[]): Promise<number>;
}

export class ClientConnection implements SqlConnection {
  readonly #client: pg.ClientBase;

  constructor(client: pg.ClientBase) {
    this.#client = client;
  }

  async rows(sql: string, values: readonly unknown[] = []): Promise<readonly SqlRow[]> {
    const { rows } = await this.#client.query(sql, values.map(escapeNul));
    return rows.map(plainRow);
  }

  async run(sql: string, values: readonly unknown[] = []): Promise<number> {
    const { rowCount } = await this.#client.query(sql, values.map(escapeNul));
    return rowCount ?? 0;
  }
}

function plainRow(row: SqlRow): SqlRow {
  return Object.fromEntries(Object.entries(row).map(([name, value]) => [name, unescapeNul(value)]));
}
