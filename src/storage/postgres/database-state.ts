import sql, { raw } from 'sql-template-tag';
import { BotError } from '#src/base/errors.ts';
import type { Secret } from '#src/base/secret.ts';
import { flag, instant, integer, json, text } from '#src/sql/columns.ts';
import { type FormatRange, rangeOf } from '#src/storage/schema.ts';
import { storeKinds } from '#src/storage/store-kinds.ts';
import { versionsOf } from './migrate.ts';
import { openForProgram } from './postgres-driver.ts';
import { lockHolders, processNameOf } from './shard-locks.ts';

/** Process that serves shards over this database. */
export type DatabaseProcess = {
  /** Host and process id, as it named itself. */
  readonly name: string;
  readonly ageMs: number;
  readonly shardIds: readonly number[];
  /** Number of shards of the bot. */
  readonly shardCount: number;
};

/** Group of tables and its format. */
export type DatabasePart = {
  readonly name: string;
  readonly version: number;
  /** Formats that this program reads; absent for a part it does not know. */
  readonly range?: FormatRange;
};

/** Processes and tables in a database of the bot. */
export type DatabaseState = {
  readonly place: string;
  readonly upMs: number;
  readonly parts: readonly DatabasePart[];
  readonly processes: readonly DatabaseProcess[];
};

const msSince = (at: string) => raw(`1000 * extract(epoch FROM clock_timestamp() - ${at})`);

/** Reads who uses a database now; nothing is written, no lock is taken. Errors: BotError `store.unreadable`. */
export async function readDatabaseState(url: Secret): Promise<DatabaseState> {
  await using database = openForProgram({ url }, readMs);
  const { place } = database;
  return await database.read(async (connection) => {
    const [server] = await connection.rows(
      { upMs: instant, isThere: flag },
      sql`SELECT ${msSince('pg_postmaster_start_time()')} AS up_ms,
         to_regclass('parley_schema') IS NOT NULL AS is_there`,
    );
    const parts = server?.isThere ? await versionsOf(connection) : [];
    const processes = await connection.rows(processColumns, raw(lockHolders));
    return {
      place,
      upMs: server?.upMs ?? 0,
      parts: [...parts].map(([name, version]) => {
        const known = storeKinds.find((kind) => kind.name === name);
        return { name, version, range: known && rangeOf(known.postgres) };
      }),
      processes: processes.map((one) => ({ ...one, name: processNameOf(one.name) })),
    };
  });
}

/** Longest time, in ms, for all of it. */
const readMs = 10_000;
const processColumns = {
  name: text,
  ageMs: instant,
  shardIds: json<readonly number[]>(),
  shardCount: integer,
};

/** Refuses a database that a process of the bot uses now. Errors: BotError `store.in_use`, `store.unreadable`. */
export async function refuseLiveProcesses(url: Secret): Promise<void> {
  const { place, processes } = await readDatabaseState(url);
  const [live] = processes;
  if (!live) return;
  const message = `${live.name} uses the database ${place}: stop every process first.`;
  throw new BotError('store.in_use', false, message);
}
