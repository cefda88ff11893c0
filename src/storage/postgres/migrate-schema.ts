import sql, { raw } from 'sql-template-tag';
import { BotError } from '#src/base/errors.ts';
import { flag, integer, text } from '#src/sql/columns.ts';
import type { Connection } from '#src/sql/connection.ts';
import type { StoreDatabase } from '#src/sql/store-database.ts';
import { checkFormat, getPresentFormat, listDueSteps } from '#src/storage/schema.ts';
import {
  describeLostStore,
  type StoreKind,
  storeKinds,
} from '#src/storage/store-kinds.ts';

/** One store of the database, with its migrations. */
export type SchemaPart = Pick<StoreKind, 'name' | 'postgres'>;

/** Present formats by the name of a store. */
export type Formats = ReadonlyMap<string, number>;

/** Other processes wait for a migration. */
export const migrateMs = 60_000;

export type MigrateOptions = {
  /** Migrates former formats, which a former version cannot read afterwards. Default: refused. */
  readonly upgrades?: boolean;
};

/**
 * Migrates the first schema of the connection atomically, one process at a time. Returns the former
 * formats. Throws as `readFormats`.
 */
export async function migratePostgres(
  database: StoreDatabase,
  schemas: readonly SchemaPart[],
  options: MigrateOptions = {},
): Promise<Formats> {
  const formerFormats = await readFormats(database, schemas, options);
  const isPresent = ({ name, postgres }: SchemaPart) =>
    formerFormats.get(name) === getPresentFormat(postgres);
  if (schemas.every(isPresent)) return formerFormats;
  await database.write(async (connection) => {
    await connection.run(
      raw(`SELECT pg_advisory_xact_lock(hashtextextended('parley:' || current_schema() || ':schema', 0));
        CREATE TABLE IF NOT EXISTS parley_schema (part text PRIMARY KEY, version integer NOT NULL)`),
    );
    const formats = await readPartFormats(connection, database.place, schemas, options);
    for (const { name, postgres } of schemas) {
      for (const step of listDueSteps(formats.get(name) ?? 0, postgres))
        await connection.run(raw(step));
      await connection.run(sql`INSERT INTO parley_schema VALUES (${name}, ${getPresentFormat(postgres)})
        ON CONFLICT (part) DO UPDATE SET version = excluded.version`);
    }
  });
  return formerFormats;
}

/**
 * Reads formats. Throws BotError `store.format` for an unknown one, and
 * `store.misconfigured` without rights.
 */
export function readFormats(
  database: StoreDatabase,
  schemas: readonly SchemaPart[],
  options: MigrateOptions = {},
): Promise<Formats> {
  return database.read((connection) =>
    readPartFormats(connection, database.place, schemas, options),
  );
}

/** Describes rows that a migration deletes. Throws BotError `store.unreadable`. */
export function describeLostRows(
  database: StoreDatabase,
  versions: Formats,
): Promise<readonly string[]> {
  return database.read(async (connection) => {
    const descriptions: string[] = [];
    for (const kind of storeKinds) {
      const version = versions.get(kind.name);
      if (!version || version >= kind.lost.before) continue;
      const [row] = await connection.rows({ count: integer }, raw(kind.lost.sql));
      descriptions.push(...describeLostStore(kind, row?.count));
    }
    return descriptions;
  });
}

async function readPartFormats(
  connection: Connection,
  address: string,
  schemas: readonly SchemaPart[],
  { upgrades }: MigrateOptions,
): Promise<Formats> {
  const [state] = await connection.rows(
    { isThere: flag },
    sql`SELECT to_regclass(quote_ident(current_schema()) || '.parley_schema') IS NOT NULL AS is_there`,
  );
  if (!state?.isThere) return new Map();
  const rows = await connection.rows(
    { part: text, version: integer },
    sql`SELECT part, version FROM parley_schema ORDER BY part`,
  );
  const formats: Formats = new Map(rows.map(({ part, version }) => [part, version]));
  for (const { name, postgres } of schemas) {
    const version = formats.get(name) ?? 0;
    const presentFormat = getPresentFormat(postgres);
    checkFormat(`The part ${name} of the database ${address}`, version, postgres);
    if (upgrades || version === 0 || version === presentFormat) continue;
    throw new BotError(
      'store.misconfigured',
      false,
      `The database ${address} has format ${version} of ${name}; this version writes format ${presentFormat}, which the former version cannot read. First copy the database with the former version (npm run backup -- --transcripts), then run npm run migrate.`,
    );
  }
  return formats;
}
