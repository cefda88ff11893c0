import type { Clock } from '#src/base/clock.ts';
import { BotError } from '#src/base/errors.ts';
import type { Secret } from '#src/base/secret.ts';
import type {
  RegisteredProcess,
  RegistryConnection,
  RegistryView,
  ShardRegistry,
  ShardRow,
} from '#src/shards/shard-registry.ts';
import { DedicatedConnection } from '#src/storage/postgres/dedicated-connection.ts';
import type { PostgresPool } from '#src/storage/postgres/pool.ts';
import type { SqlRow } from '#src/storage/postgres/sql-connection.ts';
import { heldLocks, lockKey } from './lock-keys.ts';
import { PostgresShardJournal } from './postgres-shard-journal.ts';
import { PostgresShardLocks } from './postgres-shard-locks.ts';

export type ShardRegistryOptions = {
  readonly url: Secret;
  /** For what is kept beside the locks. */
  readonly pool: PostgresPool;
  readonly clock: Clock;
  readonly botId: string;
  readonly processId: string;
};

/** Longest time, in ms, for one look; a connection that takes longer is given up. */
const lookMs = 2_000;
/** Several processes that start at once go one after the other. */
const registerMs = 10_000;
/** The server ends the connection of a process that stands still for so long, and with it its locks. */
const idleSessionMs = 60_000;

/** The database that all processes of a bot share; its tables are made by `migratePostgres`. */
export class PostgresShardRegistry implements ShardRegistry {
  readonly journal: PostgresShardJournal;
  readonly #options: ShardRegistryOptions;

  constructor(options: ShardRegistryOptions) {
    this.#options = options;
    this.journal = new PostgresShardJournal(options.pool, options.clock, options.processId);
  }

  async connect(): Promise<RegistryConnection> {
    const { url, clock, processId, botId } = this.#options;
    const connection = await DedicatedConnection.open({
      url,
      clock,
      applicationName: `parley ${processId}`,
      settings: { idle_session_timeout: `${idleSessionMs}` },
    });
    return {
      locks: new PostgresShardLocks(connection, processId, botId),
      ended: connection.ended,
      register: (process) => register(connection, process),
      look: () => look(connection, botId),
      [Symbol.asyncDispose]: () => connection[Symbol.asyncDispose](),
    };
  }
}

async function register(
  connection: DedicatedConnection,
  process: RegisteredProcess,
): Promise<number> {
  const { id, botId, name, version, limit } = process;
  const rows = (sql: string, values: readonly unknown[] = []) =>
    connection.rows(sql, values, registerMs);
  await rows(`SELECT pg_try_advisory_lock(${lockKey('process', '$2')})`, [botId, id]);
  await rows('BEGIN');
  await rows(`SELECT pg_advisory_xact_lock(${lockKey('agreement', "''")})`, [botId]);
  await rows(
    `DELETE FROM processes p WHERE process_id <> $2 AND NOT EXISTS (
       SELECT 1 FROM (${heldLocks}) held WHERE held.key = ${lockKey('process', 'p.process_id')})`,
    [botId, id],
  );
  await rows(
    `INSERT INTO processes (process_id, name, version, shard_limit) VALUES ($1, $2, $3, $4)
     ON CONFLICT DO NOTHING`,
    [id, name, version, limit],
  );
  const count = await agreedCount(rows, process);
  await rows('COMMIT');
  return count;
}

type Rows = (sql: string, values?: readonly unknown[]) => Promise<readonly SqlRow[]>;

/** As many shards as there are while another process lives; else as many as this one wants. */
async function agreedCount(rows: Rows, process: RegisteredProcess): Promise<number> {
  const { id, botId, wantedCount, recommendedCount } = process;
  const [bot] = await rows('SELECT bot_id, shard_count FROM bot');
  if (bot && bot.bot_id !== botId) throw otherBot(String(bot.bot_id), botId);
  const [other] = await rows('SELECT name FROM processes WHERE process_id <> $1 LIMIT 1', [id]);
  const known = bot ? Number(bot.shard_count) : undefined;
  if (other && known !== undefined) {
    if (wantedCount !== undefined && wantedCount !== known)
      throw otherCount(wantedCount, known, String(other.name));
    return known;
  }
  const count = wantedCount ?? recommendedCount;
  if (count !== known) await startAnew(rows, botId, count);
  return count;
}

/** Nobody can resume a session of another number of shards: a former owner that may live on is waited for. */
async function startAnew(rows: Rows, botId: string, count: number): Promise<void> {
  await rows(
    `INSERT INTO bot (bot_id, shard_count) VALUES ($1, $2)
     ON CONFLICT (only_row) DO UPDATE SET shard_count = excluded.shard_count`,
    [botId, count],
  );
  const [former] = await rows(
    `WITH gone AS (DELETE FROM shards RETURNING is_active, epoch)
     SELECT coalesce(bool_or(is_active), false) AS is_active, coalesce(max(epoch), 0) AS epoch FROM gone`,
  );
  await rows(
    `INSERT INTO shards (shard_id, epoch, is_active)
     SELECT id, $2, $3 FROM generate_series(0, $1 - 1) AS id`,
    [count, former?.epoch, former?.is_active],
  );
}

async function look(connection: DedicatedConnection, botId: string): Promise<RegistryView> {
  const [row] = await connection.rows(
    `WITH held AS MATERIALIZED (${heldLocks})
     SELECT
       1000 * extract(epoch FROM clock_timestamp() - pg_postmaster_start_time()) AS up_ms,
       (SELECT json_agg(json_build_object('id', p.process_id, 'name', p.name, 'limit', p.shard_limit))
        FROM processes p JOIN held ON held.key = ${lockKey('process', 'p.process_id')}) AS processes,
       (SELECT json_agg(json_build_object(
          'id', s.shard_id, 'epoch', s.epoch, 'ownerId', s.process_id, 'isActive', s.is_active,
          'lock', CASE WHEN held.pid IS NULL THEN 'free'
                       WHEN held.pid = pg_backend_pid() THEN 'mine' ELSE 'other' END))
        FROM shards s LEFT JOIN held ON held.key = ${lockKey('shard', 's.shard_id::text')}) AS shards`,
    [botId],
    lookMs,
  );
  return {
    serverUpMs: Number(row?.up_ms ?? 0),
    processes: listOf(row?.processes).map(({ id, name, limit }) => ({
      id: String(id),
      name: String(name),
      limit: Number(limit),
    })),
    shards: listOf(row?.shards).map(shardOfRow),
  };
}

function shardOfRow({ id, epoch, ownerId, isActive, lock }: SqlRow): ShardRow {
  return {
    id: Number(id),
    epoch: Number(epoch),
    isActive: isActive === true,
    lock: lock === 'mine' || lock === 'other' ? lock : 'free',
    ...(typeof ownerId === 'string' && { ownerId }),
  };
}

function listOf(value: unknown): readonly SqlRow[] {
  return Array.isArray(value) ? value : [];
}

function otherBot(theirs: string, ours: string): BotError {
  const message = `The database of DATABASE_URL belongs to the bot ${theirs}, and DISCORD_TOKEN is that of the bot ${ours}: give this bot a database or a schema of its own (?options=-c%20search_path%3Dname), or the token of that bot.`;
  return new BotError('shards.other_bot', false, message);
}

function otherCount(wanted: number, known: number, name: string): BotError {
  const message = `SHARDS=${wanted}, but the processes that run have ${known} shards (${name} is one of them): set SHARDS=${known} or SHARDS=auto, or stop them all first.`;
  return new BotError('shards.other_count', false, message);
}
