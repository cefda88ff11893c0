import sql, { raw, type Sql } from 'sql-template-tag';
import type { Clock } from '#src/base/clock.ts';
import { BotError } from '#src/base/errors.ts';
import type { Secret } from '#src/base/secret.ts';
import {
  type Columns,
  flag,
  instant,
  integer,
  optional,
  type RowOf,
  text,
  whole,
} from '#src/sql/columns.ts';
import { type FormatRange, rangeOf } from '#src/storage/schema.ts';
import { placeOf } from './connection-options.ts';
import { PostgresPool } from './pool.ts';
import { shardSchema } from './shards/schema.ts';
import { storesPart } from './stores/schema.ts';

/** Process that shares the database; times are those of the database. */
export type DatabaseProcess = {
  /** Host and process id, as it named itself. */
  readonly name: string;
  readonly version: string;
  readonly ageMs: number;
  /** False: it has not renewed its leases for 30 s. */
  readonly isAlive: boolean;
};

export type DatabaseShard = {
  readonly id: number;
  /** Grows each time the shard changes its owner. */
  readonly epoch: number;
  /** Process that took it last, as long as that process is listed. */
  readonly ownerName?: string;
  readonly isHeld: boolean;
  /** Since it was taken last. */
  readonly takenMs?: number;
  /** Since its gateway session was saved last. */
  readonly savedMs?: number;
};

/** Seat in a voice channel, by the clock of the database. */
export type DatabaseSeat = {
  readonly guildId: string;
  readonly channelId: string;
  /** Absent where no shards are shared. */
  readonly shardId?: number;
  readonly sinceWallMs: number;
  readonly idleMs: number;
};

/** Group of tables and its format. */
export type DatabasePart = {
  readonly name: string;
  readonly version: number;
  /** Formats that this program reads; absent for a part it does not know. */
  readonly range?: FormatRange;
};

/** Processes, shards and seats in a database of the bot, without anything that people said or set. */
export type DatabaseState = {
  readonly place: string;
  readonly upMs: number;
  readonly botId?: string;
  readonly parts: readonly DatabasePart[];
  readonly processes: readonly DatabaseProcess[];
  readonly shards: readonly DatabaseShard[];
  readonly seats: readonly DatabaseSeat[];
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
  const hasPart = (part: { readonly name: string }) => parts.some(({ name }) => name === part.name);
  const columns = { botId: text, shardCount: integer };
  const [bot] = hasPart(shardSchema)
    ? await rows(columns, sql`SELECT bot_id, shard_count FROM bot`)
    : [];
  return {
    place: placeOf(url),
    upMs: server?.upMs ?? 0,
    parts,
    ...(bot && { botId: bot.botId }),
    processes: bot ? await processesIn(rows) : [],
    shards: bot ? await shardsIn(rows) : [],
    seats: hasPart(storesPart) ? await seatsIn(rows, bot?.shardCount) : [],
  };
}

/** Refuses a database that a process of the bot uses now. Errors: BotError `store.in_use`, `store.unreadable`. */
export async function refuseLiveProcesses(url: Secret, clock: Clock): Promise<void> {
  const { place, processes } = await readDatabaseState(url, clock);
  const live = processes.find(({ isAlive }) => isAlive);
  if (!live) return;
  const message = `${live.name} uses the database ${place}: stop every process first. A killed process counts for 30 s more.`;
  throw new BotError('store.in_use', false, message);
}

type Rows = <Shape extends Columns>(
  shape: Shape,
  statement: Sql,
) => Promise<readonly RowOf<Shape>[]>;

async function partsIn(rows: Rows): Promise<readonly DatabasePart[]> {
  const known = new Map(
    [storesPart, shardSchema].map(({ name, migrations }) => [name, rangeOf(migrations)]),
  );
  const found = await rows(
    { part: text, version: integer },
    sql`SELECT part, version FROM parley_schema ORDER BY part`,
  );
  return found.map(({ part, version }) => {
    const range = known.get(part);
    return { name: part, version, ...(range && { range }) };
  });
}

function processesIn(rows: Rows): Promise<readonly DatabaseProcess[]> {
  return rows(
    { name: text, version: text, ageMs: instant, isAlive: flag },
    sql`SELECT name, version, ${msSince('started_at')} AS age_ms, until > clock_timestamp() AS is_alive
     FROM processes ORDER BY started_at`,
  );
}

function shardsIn(rows: Rows): Promise<readonly DatabaseShard[]> {
  const columns = {
    id: integer,
    epoch: whole,
    isHeld: flag,
    ownerName: optional(text),
    takenMs: optional(instant),
    savedMs: optional(instant),
  };
  return rows(
    columns,
    sql`SELECT s.shard_id AS id, s.epoch, p.name AS owner_name, ${msSince('s.taken_at')} AS taken_ms,
       ${msSince('s.session_at')} AS saved_ms, coalesce(s.until > clock_timestamp(), false) AS is_held
     FROM shards s LEFT JOIN processes p USING (process_id) ORDER BY s.shard_id`,
  );
}

function seatsIn(rows: Rows, shardCount: number | undefined): Promise<readonly DatabaseSeat[]> {
  const columns = {
    guildId: text,
    channelId: text,
    sinceWallMs: instant,
    idleMs: instant,
    shardId: optional(integer),
  };
  return rows(
    columns,
    sql`SELECT guild_id, channel_id, since_wall_ms,
       1000 * extract(epoch FROM clock_timestamp()) - alive_at_ms AS idle_ms,
       CASE WHEN guild_id ~ '^[0-9]{1,18}$|^[0-8][0-9]{18}$' THEN (guild_id::bigint >> 22) % ${shardCount ?? null} END AS shard_id
     FROM seats ORDER BY guild_id`,
  );
}
