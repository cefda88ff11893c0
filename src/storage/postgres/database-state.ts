import sql, { raw, type Sql } from 'sql-template-tag';
import type { Clock } from '#src/base/clock.ts';
import { BotError } from '#src/base/errors.ts';
import type { Secret } from '#src/base/secret.ts';
import { type Columns, flag, instant, integer, json, type RowOf, text } from '#src/sql/columns.ts';
import { type FormatRange, rangeOf } from '#src/storage/schema.ts';
import { placeOf } from './connection-options.ts';
import { PostgresPool } from './pool.ts';
import { lockHolders, processNameOf } from './shard-locks.ts';
import { storesPart } from './stores/schema.ts';

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

/** Longest time, in ms, for one statement. */
const readMs = 10_000;
const msSince = (at: string) => raw(`1000 * extract(epoch FROM clock_timestamp() - ${at})`);

/** Reads who uses a database now; nothing is written, no lock is taken. Errors: BotError `store.unreadable`. */
export async function readDatabaseState(url: Secret, clock: Clock): Promise<DatabaseState> {
  await using pool = new PostgresPool({
    url,
    clock,
    applicationName: 'parley doctor',
    settings: { default_transaction_read_only: 'on' },
    mostConnections: 1,
  });
  const rows: Rows = (shape, statement) =>
    pool.read((connection) => connection.rows(shape, statement), readMs);
  const [server] = await rows(
    { upMs: instant, isThere: flag },
    sql`SELECT ${msSince('pg_postmaster_start_time()')} AS up_ms,
       to_regclass('parley_schema') IS NOT NULL AS is_there`,
  );
  const parts = server?.isThere ? await partsIn(rows) : [];
  return {
    place: placeOf(url),
    upMs: server?.upMs ?? 0,
    parts,
    processes: await processesIn(rows),
  };
}

/** Refuses a database that a process of the bot uses now. Errors: BotError `store.in_use`, `store.unreadable`. */
export async function refuseLiveProcesses(url: Secret, clock: Clock): Promise<void> {
  const { place, processes } = await readDatabaseState(url, clock);
  const [live] = processes;
  if (!live) return;
  const message = `${live.name} uses the database ${place}: stop every process first.`;
  throw new BotError('store.in_use', false, message);
}

type Rows = <Shape extends Columns>(
  shape: Shape,
  statement: Sql,
) => Promise<readonly RowOf<Shape>[]>;

async function partsIn(rows: Rows): Promise<readonly DatabasePart[]> {
  const known = new Map([storesPart].map(({ name, migrations }) => [name, rangeOf(migrations)]));
  const found = await rows(
    { part: text, version: integer },
    sql`SELECT part, version FROM parley_schema ORDER BY part`,
  );
  return found.map(({ part, version }) => {
    const range = known.get(part);
    return { name: part, version, range };
  });
}

async function processesIn(rows: Rows): Promise<readonly DatabaseProcess[]> {
  const columns = {
    name: text,
    ageMs: instant,
    shardIds: json<readonly number[]>(),
    shardCount: integer,
  };
  const found = await rows(columns, sql`${raw(lockHolders)}`);
  return found.map((one) => ({ ...one, name: processNameOf(one.name) }));
}
