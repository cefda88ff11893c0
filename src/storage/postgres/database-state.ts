import type { Clock } from '#src/base/clock.ts';
import type { Secret } from '#src/base/secret.ts';
import { type FormatRange, rangeOf } from '#src/storage/schema.ts';
import { placeOf } from './connection.ts';
import { PostgresPool } from './pool.ts';
import { shardSchema } from './shards/schema.ts';
import type { SqlRow } from './sql-connection.ts';
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
const msSince = (at: string) => `1000 * extract(epoch FROM clock_timestamp() - ${at})`;

/** Reads who uses a database now; nothing is written, no lock is taken. Errors: BotError `store.unreadable`. */
export async function readDatabaseState(url: Secret, clock: Clock): Promise<DatabaseState> {
  await using pool = new PostgresPool({
    url,
    clock,
    applicationName: 'parley doctor',
    settings: { default_transaction_read_only: 'on' },
    mostConnections: 1,
  });
  const rows = (sql: string, values: readonly unknown[] = []) =>
    pool.read((connection) => connection.rows(sql, values), readMs);
  const [server] = await rows(
    `SELECT ${msSince('pg_postmaster_start_time()')} AS up_ms,
       to_regclass('parley_schema') IS NOT NULL AS is_there`,
  );
  const parts = server?.is_there === true ? await partsIn(rows) : [];
  const hasPart = (part: { readonly name: string }) => parts.some(({ name }) => name === part.name);
  const [bot] = hasPart(shardSchema) ? await rows('SELECT bot_id, shard_count FROM bot') : [];
  const botId = bot && String(bot.bot_id);
  return {
    place: placeOf(url),
    upMs: Number(server?.up_ms),
    parts,
    ...(botId !== undefined && { botId }),
    processes: botId === undefined ? [] : await processesIn(rows),
    shards: botId === undefined ? [] : await shardsIn(rows),
    seats: hasPart(storesPart) ? await seatsIn(rows, bot && Number(bot.shard_count)) : [],
  };
}

type Rows = (sql: string, values?: readonly unknown[]) => Promise<readonly SqlRow[]>;

async function partsIn(rows: Rows): Promise<readonly DatabasePart[]> {
  const known = new Map(
    [storesPart, shardSchema].map(({ name, migrations }) => [name, rangeOf(migrations)]),
  );
  const found = await rows('SELECT part, version FROM parley_schema ORDER BY part');
  return found.map(({ part, version }) => {
    const range = known.get(String(part));
    return { name: String(part), version: Number(version), ...(range && { range }) };
  });
}

async function processesIn(rows: Rows): Promise<readonly DatabaseProcess[]> {
  const found = await rows(
    `SELECT name, version, ${msSince('started_at')} AS age_ms, until > clock_timestamp() AS is_alive
     FROM processes ORDER BY started_at`,
  );
  return found.map((row) => ({
    name: String(row.name),
    version: String(row.version),
    ageMs: Number(row.age_ms),
    isAlive: row.is_alive === true,
  }));
}

async function shardsIn(rows: Rows): Promise<readonly DatabaseShard[]> {
  const found = await rows(
    `SELECT s.shard_id, s.epoch, p.name, ${msSince('s.taken_at')} AS taken_ms,
       ${msSince('s.session_at')} AS saved_ms, coalesce(s.until > clock_timestamp(), false) AS is_held
     FROM shards s LEFT JOIN processes p USING (process_id) ORDER BY s.shard_id`,
  );
  return found.map((row) => ({
    id: Number(row.shard_id),
    epoch: Number(row.epoch),
    isHeld: row.is_held === true,
    ...(row.name !== null && { ownerName: String(row.name) }),
    ...(row.taken_ms !== null && { takenMs: Number(row.taken_ms) }),
    ...(row.saved_ms !== null && { savedMs: Number(row.saved_ms) }),
  }));
}

async function seatsIn(
  rows: Rows,
  shardCount: number | undefined,
): Promise<readonly DatabaseSeat[]> {
  const found = await rows(
    `SELECT guild_id, channel_id, since_ms, ${msSince('alive_at')} AS idle_ms,
       CASE WHEN guild_id ~ '^[0-9]{1,18}$|^[0-8][0-9]{18}$' THEN (guild_id::bigint >> 22) % $1 END AS shard_id
     FROM seats ORDER BY guild_id`,
    [shardCount ?? null],
  );
  return found.map((row) => ({
    guildId: String(row.guild_id),
    channelId: String(row.channel_id),
    sinceWallMs: Number(row.since_ms),
    idleMs: Number(row.idle_ms),
    ...(row.shard_id !== null && { shardId: Number(row.shard_id) }),
  }));
}
