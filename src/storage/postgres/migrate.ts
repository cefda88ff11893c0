import sql, { raw } from 'sql-template-tag';
import { realClock } from '#src/base/clock.ts';
import { flag, integer, text } from '#src/sql/columns.ts';
import type { Connection } from '#src/sql/connection.ts';
import { type Driver, transact } from '#src/storage/database.ts';
import { formatError, rangeOf, stepsFrom } from '#src/storage/schema.ts';
import { lostSentences, type StoreKind, storeKinds } from '#src/storage/store-kinds.ts';
import { isReadOnly, schemaToMigrate } from './postgres-trouble.ts';

/** Group of tables, of which `parley_schema` has the format. */
export type SchemaPart = Pick<StoreKind, 'name' | 'postgres'>;

/** Longest time, in ms, for the migration: processes that start at once wait for the one that migrates. */
const migrateMs = 60_000;

export type MigrateOptions = {
  /** Whether tables of a former format are migrated, which the former version reads no more; default: only missing tables are made. */
  readonly upgrades?: boolean;
};

/**
 * Brings every part of the schema to the present format, wholly or not at all; one process at a time does it.
 *
 * The tables stand in the connection's first schema. Formats of the parts before. Errors: BotError `store.*`; none of a format that
 * this program does not read or may not migrate, of a database that takes no writes, or without rights is retryable.
 */
export async function migratePostgres(
  driver: Driver,
  parts: readonly SchemaPart[],
  { upgrades = false }: MigrateOptions = {},
): Promise<ReadonlyMap<string, number>> {
  const found = await readFormats(driver, parts);
  const isPresent = ({ name, postgres }: SchemaPart) => found.get(name) === rangeOf(postgres).known;
  if (parts.every(isPresent)) return found;
  if (!upgrades) refuseFormerFormats(parts, found, driver.place);
  const options = { clock: realClock, code: 'store.unwritable', mode: 'write' } as const;
  const migrate = async (connection: Connection) => {
    await connection.run(
      raw(`SET LOCAL lock_timeout = ${migrateMs}; SET LOCAL statement_timeout = ${migrateMs};
        SELECT pg_advisory_xact_lock(hashtextextended('parley:' || current_schema() || ':schema', 0));
        CREATE TABLE IF NOT EXISTS parley_schema (part text PRIMARY KEY, version integer NOT NULL)`),
    );
    const versions = await versionsOf(connection);
    checkFormats(parts, versions, driver.place);
    for (const { name, postgres } of parts) {
      for (const step of stepsFrom(versions.get(name) ?? 0, postgres))
        await connection.run(raw(step));
      await connection.run(sql`INSERT INTO parley_schema VALUES (${name}, ${rangeOf(postgres).known})
        ON CONFLICT (part) DO UPDATE SET version = excluded.version`);
    }
  };
  await transact(driver, options, migrate, AbortSignal.timeout(migrateMs));
  return found;
}

/** Versions of the parts that are there. Errors: BotError `store.*`; as `migratePostgres`. */
export async function readFormats(
  driver: Driver,
  parts: readonly SchemaPart[],
): Promise<ReadonlyMap<string, number>> {
  const options = { clock: realClock, code: 'store.unreadable', mode: 'bare' } as const;
  const examine = (connection: Connection) => formatsIn(connection, driver.place);
  const found = await transact(driver, options, examine, AbortSignal.timeout(migrateMs));
  checkFormats(parts, found, driver.place);
  return found;
}

/** Rows that the migration of tables of these versions deletes, in sentences. Errors: BotError `store.unreadable`. */
export async function lostRowsIn(
  driver: Driver,
  versions: ReadonlyMap<string, number>,
): Promise<readonly string[]> {
  const options = { clock: realClock, code: 'store.unreadable', mode: 'read' } as const;
  const count = async (connection: Connection) => {
    const lost: string[] = [];
    for (const kind of storeKinds) {
      if ((versions.get(kind.name) ?? Number.POSITIVE_INFINITY) >= kind.lost.before) continue;
      const [row] = await connection.rows({ count: integer }, raw(kind.lost.sql));
      lost.push(...lostSentences(kind, row?.count));
    }
    return lost;
  };
  return await transact(driver, options, count, AbortSignal.timeout(migrateMs));
}

/** Refuses tables that a former version wrote and still reads. Errors: BotError `store.misconfigured`. */
export function refuseFormerFormats(
  parts: readonly SchemaPart[],
  versions: ReadonlyMap<string, number>,
  place: string,
): void {
  for (const { name, postgres } of parts) {
    const version = versions.get(name) ?? 0;
    const { known } = rangeOf(postgres);
    if (version > 0 && version < known) throw schemaToMigrate(place, name, version, known);
  }
}

async function formatsIn(
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

/** Versions of the parts, where any part is there. */
export async function versionsOf(connection: Connection): Promise<ReadonlyMap<string, number>> {
  const rows = await connection.rows(
    { part: text, version: integer },
    sql`SELECT part, version FROM parley_schema ORDER BY part`,
  );
  return new Map(rows.map(({ part, version }) => [part, version]));
}

/** Errors: BotError `store.format` for a format that this program does not read. */
function checkFormats(
  parts: readonly SchemaPart[],
  versions: ReadonlyMap<string, number>,
  place: string,
): void {
  for (const { name, postgres } of parts) {
    const what = `The part ${name} of the database ${place}`;
    const error = formatError(what, versions.get(name) ?? 0, rangeOf(postgres));
    if (error) throw error;
  }
}
