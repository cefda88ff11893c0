import sql, { raw } from 'sql-template-tag';
import { flag, integer, text } from '#src/sql/columns.ts';
import type { Connection } from '#src/sql/connection.ts';
import { formatError, type Migration, rangeOf, sqlFor } from '#src/storage/schema.ts';
import type { PostgresPool } from './pool.ts';
import { isReadOnly, schemaToMigrate } from './postgres-trouble.ts';

/**
 * A group of tables with migrations of its own, in order; a released one never changes.
 *
 * The first migration creates all tables of the part. Its number is that of the part's last format before the first release,
 * whose tables are the same: so no schema of an earlier format is taken for this one. Those have lower numbers, and are refused.
 */
export type SchemaPart = { readonly name: string; readonly migrations: readonly Migration[] };

/** Several processes that start at once wait for the one that migrates. */
const migrateMs = 60_000;

export type MigrateOptions = {
  /** Whether tables of a former format are migrated, which the former version reads no more; default: only missing tables are made. */
  readonly upgrades?: boolean;
};

/**
 * Brings every part of the schema to the present format, wholly or not at all; one process at a time does it.
 *
 * The tables stand in the connection's first schema. Errors: BotError `store.*`; none of a format that this program does not
 * read or may not migrate, of a database that takes no writes, or without rights is retryable.
 */
export async function migratePostgres(
  pool: PostgresPool,
  parts: readonly SchemaPart[],
  { upgrades = false }: MigrateOptions = {},
): Promise<void> {
  const found = await readFormats(pool, parts);
  if (parts.every(({ name, migrations }) => found.get(name) === rangeOf(migrations).known)) return;
  if (!upgrades) refuseFormerFormats(parts, found, pool.place);
  await pool.write(async (connection) => {
    await connection.run(sql`SET LOCAL lock_timeout = '60s'`);
    await connection.run(
      sql`SELECT pg_advisory_xact_lock(hashtextextended('parley:' || current_schema() || ':schema', 0))`,
    );
    await connection.run(
      sql`CREATE TABLE IF NOT EXISTS parley_schema (part text PRIMARY KEY, version integer NOT NULL)`,
    );
    const versions = await versionsOf(connection);
    checkFormats(parts, versions, pool.place);
    for (const part of parts) await migratePart(connection, part, versions.get(part.name) ?? 0);
  }, migrateMs);
}

/** Versions of the parts that are there. Errors: BotError `store.*`; as `migratePostgres`. */
export async function readFormats(
  pool: PostgresPool,
  parts: readonly SchemaPart[],
): Promise<ReadonlyMap<string, number>> {
  const found = await pool.read((connection) => examine(connection, pool.place));
  checkFormats(parts, found, pool.place);
  return found;
}

/** Refuses tables that a former version wrote and still reads. Errors: BotError `store.misconfigured`. */
export function refuseFormerFormats(
  parts: readonly SchemaPart[],
  versions: ReadonlyMap<string, number>,
  place: string,
): void {
  for (const { name, migrations } of parts) {
    const version = versions.get(name) ?? 0;
    const { known } = rangeOf(migrations);
    if (version > 0 && version < known) throw schemaToMigrate(place, name, version, known);
  }
}

async function migratePart(connection: Connection, part: SchemaPart, from: number): Promise<void> {
  for (const migration of part.migrations) {
    const { version } = migration;
    if (version <= from) continue;
    const script = sqlFor(migration, from);
    if (script !== '') await connection.run(raw(script));
    await connection.run(sql`INSERT INTO parley_schema VALUES (${part.name}, ${version})
      ON CONFLICT (part) DO UPDATE SET version = excluded.version`);
  }
}

/** Versions of the parts that are there. */
async function examine(
  connection: Connection,
  place: string,
): Promise<ReadonlyMap<string, number>> {
  const [state] = await connection.rows(
    { isReadOnly: flag, isThere: flag },
    sql`SELECT pg_is_in_recovery() OR current_setting('transaction_read_only') = 'on' AS is_read_only,
       to_regclass(quote_ident(current_schema()) || '.parley_schema') IS NOT NULL AS is_there`,
  );
  if (state?.isReadOnly) throw isReadOnly(place);
  return state?.isThere ? await versionsOf(connection) : new Map();
}

async function versionsOf(connection: Connection): Promise<ReadonlyMap<string, number>> {
  const rows = await connection.rows(
    { part: text, version: integer },
    sql`SELECT part, version FROM parley_schema`,
  );
  return new Map(rows.map(({ part, version }) => [part, version]));
}

/** Errors: BotError `store.newer` or `store.older` for a format that this program does not read. */
function checkFormats(
  parts: readonly SchemaPart[],
  versions: ReadonlyMap<string, number>,
  place: string,
): void {
  for (const { name, migrations } of parts) {
    const version = versions.get(name) ?? 0;
    const what = `The part ${name} of the database ${place}`;
    const error = formatError(what, version, rangeOf(migrations));
    if (error) throw error;
  }
}
