import sql, { raw } from 'sql-template-tag';
import { BotError } from '#src/base/errors.ts';
import { flag, integer, text } from '#src/sql/columns.ts';
import type { Connection } from '#src/sql/connection.ts';
import type { StoreDatabase } from '#src/sql/store-database.ts';
import { formatError, rangeOf, stepsFrom } from '#src/storage/schema.ts';
import { lostSentences, type StoreKind, storeKinds } from '#src/storage/store-kinds.ts';

/** Group of tables, of which `parley_schema` has the format. */
export type SchemaPart = Pick<StoreKind, 'name' | 'postgres'>;

/** Formats of the parts that are there, by their names. */
export type Formats = ReadonlyMap<string, number>;

/** Longest time, in ms, for the migration: processes that start at once wait for the one that migrates. */
export const migrateMs = 60_000;

export type MigrateOptions = {
  /** Whether tables of a former format are migrated, which the former version reads no more; default: only missing tables are made. */
  readonly upgrades?: boolean;
};

/**
 * Brings every part of the schema to the present format, wholly or not at all; one process at a time does it.
 *
 * The tables stand in the connection's first schema. Formats of the parts before. Errors: BotError `store.*`; none of a format that
 * this program does not read or may not migrate, or without rights is retryable.
 */
export async function migratePostgres(
  database: StoreDatabase,
  parts: readonly SchemaPart[],
  { upgrades = false }: MigrateOptions = {},
): Promise<Formats> {
  const found = await readFormats(database, parts);
  const isPresent = ({ name, postgres }: SchemaPart) => found.get(name) === rangeOf(postgres).known;
  if (parts.every(isPresent)) return found;
  if (!upgrades) refuseFormerFormats(parts, found, database.place);
  await database.write(async (connection) => {
    await connection.run(
      raw(`SELECT pg_advisory_xact_lock(hashtextextended('parley:' || current_schema() || ':schema', 0));
        CREATE TABLE IF NOT EXISTS parley_schema (part text PRIMARY KEY, version integer NOT NULL)`),
    );
    const versions = await versionsOf(connection);
    checkFormats(parts, versions, database.place);
    for (const { name, postgres } of parts) {
      for (const step of stepsFrom(versions.get(name) ?? 0, postgres))
        await connection.run(raw(step));
      await connection.run(sql`INSERT INTO parley_schema VALUES (${name}, ${rangeOf(postgres).known})
        ON CONFLICT (part) DO UPDATE SET version = excluded.version`);
    }
  });
  return found;
}

/** Versions of the parts that are there. Errors: BotError `store.*`; as `migratePostgres`. */
export async function readFormats(
  database: StoreDatabase,
  parts: readonly SchemaPart[],
): Promise<Formats> {
  const found = await database.read(async (connection) => {
    const [state] = await connection.rows(
      { isThere: flag },
      sql`SELECT to_regclass(quote_ident(current_schema()) || '.parley_schema') IS NOT NULL AS is_there`,
    );
    return state?.isThere ? await versionsOf(connection) : new Map<string, number>();
  });
  checkFormats(parts, found, database.place);
  return found;
}

/** Rows that the migration of tables of these versions deletes, in sentences. Errors: BotError `store.unreadable`. */
export function lostRowsIn(database: StoreDatabase, versions: Formats): Promise<readonly string[]> {
  return database.read(async (connection) => {
    const lost: string[] = [];
    for (const kind of storeKinds) {
      if ((versions.get(kind.name) ?? Number.POSITIVE_INFINITY) >= kind.lost.before) continue;
      const [row] = await connection.rows({ count: integer }, raw(kind.lost.sql));
      lost.push(...lostSentences(kind, row?.count));
    }
    return lost;
  });
}

/** Refuses tables that a former version wrote and still reads. Errors: BotError `store.misconfigured`. */
export function refuseFormerFormats(
  parts: readonly SchemaPart[],
  versions: Formats,
  place: string,
): void {
  for (const { name, postgres } of parts) {
    const version = versions.get(name) ?? 0;
    const { known } = rangeOf(postgres);
    if (version === 0 || version >= known) continue;
    const message = `The database ${place} has format ${version} of ${name}; this version writes format ${known}, which the former version cannot read. First copy the database with the former version (npm run backup -- --transcripts), then run npm run migrate.`;
    throw new BotError('store.misconfigured', false, message);
  }
}

/** Versions of the parts, where any part is there. */
async function versionsOf(connection: Connection): Promise<Formats> {
  const rows = await connection.rows(
    { part: text, version: integer },
    sql`SELECT part, version FROM parley_schema ORDER BY part`,
  );
  return new Map(rows.map(({ part, version }) => [part, version]));
}

/** Errors: BotError `store.format` for a format that this program does not read. */
function checkFormats(parts: readonly SchemaPart[], versions: Formats, place: string): void {
  for (const { name, postgres } of parts) {
    const what = `The part ${name} of the database ${place}`;
    const error = formatError(what, versions.get(name) ?? 0, rangeOf(postgres));
    if (error) throw error;
  }
}
