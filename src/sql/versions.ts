import sql, { raw, type Sql } from 'sql-template-tag';
import { id, instant, optional } from './columns.ts';
import type { Connection } from './connection.ts';
import { type NewRow, replacing, type Table } from './table.ts';

/** Columns of a table whose rows a process that was cut off must not set back: when and by whom a row was asked for. */
export const versioned = { writtenAtMs: instant, writtenBy: optional(id) };

/** A write that waited for no more than this, in ms, as always while the database is there, counts as new. */
const newMs = 5_000;

/** SQL of the instant at which this write was asked for, by the clock of the database. */
export function askedAt({ ageMs, now }: Connection): Sql {
  return sql`(${now} - CAST(${ageMs} AS DOUBLE PRECISION))`;
}

/** Whether this write waited for no longer than a write does while the database is there. */
export function isNew({ ageMs }: Connection): boolean {
  return ageMs < newMs;
}

/** SQL of whether this write is newer than the row that is there. A write of a process is newer than its earlier ones. */
export function isNewer(connection: Connection, table: Table): Sql {
  const there = raw(table.name);
  return sql`(${there}.written_by = ${connection.writer}
    OR ${isNew(connection)} OR ${there}.written_at_ms <= ${askedAt(connection)})`;
}

/** Puts a row in the place of the one with its key, unless that is newer; whether it did. `computed`: SQL of further columns. */
export async function putIfNewer<One extends Table>(
  connection: Connection,
  table: One,
  row: Partial<NewRow<One>>,
  computed: Readonly<Record<string, Sql>> = {},
): Promise<boolean> {
  const changed = await connection.insert<Table>(table, [row], {
    with: {
      ...computed,
      writtenAtMs: askedAt(connection),
      writtenBy: sql`${connection.writer}`,
    },
    conflict: sql`${replacing(table)} WHERE ${isNewer(connection, table)}`,
  });
  return changed > 0;
}
