import type pg from 'pg';
import type { Connection } from '#src/storage/sql/connection.ts';
import { PostgresConnection } from './postgres-connection.ts';

export type SqlRow = Readonly<Record<string, unknown>>;

/** One connection to the database. Text may hold any character; times and sums of `bigint` come as text. */
export interface SqlConnection {
  rows(sql: string, values?: readonly unknown[]): Promise<readonly SqlRow[]>;
  /** Runs a statement; the number of changed rows. */
  run(sql: string, values?: readonly unknown[]): Promise<number>;
  /** The same connection for statements of both databases. */
  portable(writer: string, ageMs: number): Connection;
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

  portable(writer: string, ageMs: number): Connection {
    return new PostgresConnection(this.#client, writer, ageMs);
  }
}

function plainRow(row: SqlRow): SqlRow {
  return Object.fromEntries(Object.entries(row).map(([name, value]) => [name, unescapeNul(value)]));
}

/** Values of a statement as PostgreSQL takes them: U+0000, which it refuses, and U+001A become U+001A with a digit. */
function escapeNul(value: unknown): unknown {
  if (typeof value === 'string') return escapeText(value);
  return Array.isArray(value) ? value.map(escapeNul) : value;
}

/** A value of a row as it was before `escapeNul`. */
function unescapeNul(value: unknown): unknown {
  if (typeof value === 'string') return unescapeText(value);
  return Array.isArray(value) ? value.map(unescapeNul) : value;
}

function escapeText(text: string): string {
  return text.replaceAll('\x1a', '\x1a1').replaceAll('\0', '\x1a0');
}

function unescapeText(text: string): string {
  return text.replaceAll('\x1a0', '\0').replaceAll('\x1a1', '\x1a');
}
