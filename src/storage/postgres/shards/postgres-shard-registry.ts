import type { Clock } from '#src/base/clock.ts';
import { BotError } from '#src/base/errors.ts';
import { identifyReserve, identifySpacingMs, startLimitMs } from '#src/shards/identify-limits.ts';
import type {
  GatewaySessionInfo,
  IdentifyAnswer,
  InteractionClaim,
  OwnLease,
  RegisteredProcess,
  RegistryView,
  Renewal,
  ShardRegistry,
  ShardRow,
  TakenShard,
} from '#src/shards/ownership.ts';
import { migratePostgres } from '#src/storage/postgres/migrate.ts';
import { type PoolOptions, PostgresPool } from '#src/storage/postgres/pool.ts';
import type { SqlConnection, SqlRow } from '#src/storage/postgres/sql-connection.ts';
import { shardSchema } from './schema.ts';

export type ShardRegistryOptions = {
  readonly pool: PostgresPool;
  readonly clock: Clock;
  readonly processId: string;
  readonly leaseMs: number;
};

/** Longest time, in ms, for one statement, and for registering, which waits for others that register. */
const [statementMs, registerMs] = [1_500, 10_000];
/** Discord waits 3 s for an answer: one that the database does not decide soon is decided by Discord itself. */
const claimMs = 300;
/** Time, in ms, between two deletions of claims of more than an hour ago. */
const purgeMs = 600_000;
/** A process that starts again outnumbers what it sent before; a renewal every 2 s reaches this in 23 days. */
const renewalsOfARun = 1_000_000;

const now = 'clock_timestamp()';
const msFromNow = (ms: string) => `${now} + ${ms} * interval '1 millisecond'`;
/** Identifies that Discord allows now; once its day is over, all of them. */
const allowance = `SELECT total, CASE WHEN resets_at <= ${now} THEN total ELSE remaining END AS remaining,
  CASE WHEN resets_at <= ${now} THEN ${msFromNow(`${startLimitMs}`)} ELSE resets_at END AS resets_at FROM identify_limit`;

/** Connects to the database of the shards, and makes its tables where they are not there. Errors: BotError `store.*`. */
export async function openShardRegistry(
  options: Omit<ShardRegistryOptions, 'pool'> & PoolOptions,
): Promise<PostgresShardRegistry> {
  const pool = new PostgresPool(options);
  try {
    await migratePostgres(pool, [shardSchema]);
    return new PostgresShardRegistry({ ...options, pool });
  } catch (error) {
    await pool[Symbol.asyncDispose]();
    throw error;
  }
}

/** Leases in PostgreSQL; its tables are made by `migratePostgres`. Times are those of the database. */
export class PostgresShardRegistry implements ShardRegistry, AsyncDisposable {
  readonly #pool: PostgresPool;
  readonly #clock: Clock;
  readonly #processId: string;
  readonly #leaseMs: number;
  /** Number of the last renewal: one that was late on its way is not performed after a newer one. */
  #renewal = 0;
  #purgeAtMs: number;

  constructor({ pool, clock, processId, leaseMs }: ShardRegistryOptions) {
    this.#pool = pool;
    this.#clock = clock;
    this.#processId = processId;
    this.#leaseMs = leaseMs;
    this.#purgeAtMs = clock.nowMs() + purgeMs;
  }

  async register(process: RegisteredProcess): Promise<number> {
    return await this.#pool.write(async (connection) => {
      const count = await agreedCount(connection, process);
      await this.#noteProcess(connection, process);
      return count;
    }, registerMs);
  }

  async renew({ leases, believesAlone, limit }: Renewal): Promise<RegistryView | undefined> {
    this.#renewal++;
    const sessions = leases.map(({ session }) => session);
    const [row] = await this.#rows(
      `WITH others AS MATERIALIZED (
         SELECT process_id AS id, name, shard_limit AS "limit" FROM processes
         WHERE process_id <> $1 AND until BETWEEN ${now} AND ${msFromNow('$3')}
       ), me AS (
         UPDATE processes SET renewal = $2, until = ${msFromNow('$3')}, shard_limit = $4,
           is_alone = $5 OR NOT EXISTS (SELECT FROM others)
         WHERE process_id = $1 AND renewal < $2 RETURNING process_id
       ), mine AS (
         UPDATE shards s SET until = ${msFromNow('$3')},
           session_id = coalesce(w.session_id, s.session_id),
           resume_url = coalesce(w.resume_url, s.resume_url),
           sequence = coalesce(w.sequence, s.sequence),
           session_at = CASE WHEN w.session_id IS NULL THEN s.session_at ELSE ${now} END
         FROM me, unnest($6::integer[], $7::bigint[], $8::text[], $9::text[], $10::bigint[])
           AS w(shard_id, epoch, session_id, resume_url, sequence)
         WHERE s.shard_id = w.shard_id AND s.epoch = w.epoch AND s.process_id = $1
         RETURNING s.shard_id
       )
       SELECT EXISTS (SELECT FROM me) AS is_known,
         (SELECT json_agg(shard_id) FROM mine) AS renewed,
         (SELECT json_agg(others) FROM others) AS processes,
         (SELECT json_agg(json_build_object('id', shard_id, 'epoch', epoch, 'ownerId', process_id,
            'untilMs', 1000 * extract(epoch FROM until),
            'leftMs', 1000 * extract(epoch FROM until - ${now}))) FROM shards) AS shards`,
      [
        this.#processId,
        this.#renewal,
        this.#leaseMs,
        limit,
        believesAlone,
        leases.map(({ shardId }) => shardId),
        leases.map(({ epoch }) => epoch),
        sessions.map((session) => session?.sessionId ?? null),
        sessions.map((session) => session?.resumeUrl ?? null),
        sessions.map((session) => session?.sequence ?? null),
      ],
    );
    return row?.is_known === true ? viewOf(row) : undefined;
  }

  async acquire(shards: readonly Pick<ShardRow, 'id' | 'epoch'>[]): Promise<readonly TakenShard[]> {
    const rows = await this.#rows(
      `WITH wanted AS (
         SELECT w.shard_id, w.epoch,
           coalesce(p.is_alone AND p.process_id <> $1, false) AS must_fence
         FROM unnest($3::integer[], $4::bigint[]) AS w(shard_id, epoch)
         JOIN shards USING (shard_id) LEFT JOIN processes p USING (process_id)
       )
       UPDATE shards s SET epoch = s.epoch + 1, process_id = $1, until = ${msFromNow('$2')}, taken_at = ${now}
       FROM wanted w WHERE s.shard_id = w.shard_id AND s.epoch = w.epoch
         AND (s.process_id IS NULL OR s.process_id = $1
           OR s.until NOT BETWEEN ${now} AND ${msFromNow('$2')}) -- later: the clock was put back
       RETURNING s.*, w.must_fence`,
      [
        this.#processId,
        this.#leaseMs,
        shards.map(({ id }) => id),
        shards.map(({ epoch }) => epoch),
      ],
    );
    return rows.map((row) => {
      const session = sessionOf(row);
      const own = { shardId: Number(row.shard_id), epoch: Number(row.epoch) };
      return { ...own, mustFence: row.must_fence === true, ...(session && { session }) };
    });
  }

  async giveBack({ shardId, epoch, session }: OwnLease): Promise<void> {
    await this.#rows(
      `UPDATE shards SET process_id = NULL, until = NULL, session_id = coalesce($4, session_id),
         resume_url = coalesce($5, resume_url), sequence = coalesce($6, sequence)
       WHERE shard_id = $1 AND epoch = $2 AND process_id = $3`,
      [
        shardId,
        epoch,
        this.#processId,
        session?.sessionId ?? null,
        session?.resumeUrl ?? null,
        session?.sequence ?? null,
      ],
    );
  }

  async identify({ shardId, epoch }: OwnLease, bucket: number): Promise<IdentifyAnswer> {
    const [row] = await this.#rows(
      `WITH mine AS (
         SELECT shard_id FROM shards WHERE shard_id = $1 AND epoch = $2 AND process_id = $3
       ), allowance AS MATERIALIZED (${allowance}), slot AS (
         INSERT INTO identify_buckets (bucket, at) SELECT $4::integer, ${now} FROM mine
         WHERE NOT EXISTS (SELECT FROM allowance WHERE remaining <= ${identifyReserve})
         ON CONFLICT (bucket) DO UPDATE SET at = ${now}
         WHERE ${now} NOT BETWEEN identify_buckets.at AND identify_buckets.at + $5 * interval '1 millisecond'
         RETURNING bucket
       ), spent AS (
         UPDATE identify_limit SET remaining = a.remaining - 1, resets_at = a.resets_at
         FROM allowance a, slot
       ), granted AS (
         UPDATE shards s SET session_id = NULL, resume_url = NULL, sequence = NULL
         FROM mine, slot WHERE s.shard_id = mine.shard_id RETURNING s.shard_id
       )
       SELECT EXISTS (SELECT FROM granted) AS is_granted, EXISTS (SELECT FROM mine) AS is_mine,
         (SELECT 1000 * extract(epoch FROM resets_at - ${now}) FROM allowance
          WHERE remaining <= ${identifyReserve}) AS reset_ms,
         (SELECT ceil(1000 * extract(epoch FROM at - ${now})) + $5::integer
          FROM identify_buckets WHERE bucket = $4) AS wait_ms`,
      [shardId, epoch, this.#processId, bucket, identifySpacingMs],
    );
    if (row?.is_granted === true) return { kind: 'granted' };
    if (row?.is_mine !== true) return { kind: 'lost' };
    if (row.reset_ms !== null) return { kind: 'spent', waitMs: Number(row.reset_ms) };
    const waitMs = Math.min(Math.max(10, Number(row.wait_ms ?? 10)), identifySpacingMs);
    return { kind: 'wait', waitMs };
  }

  async claim(interactionId: string): Promise<InteractionClaim> {
    this.#purgeSometimes();
    const sql = 'INSERT INTO interactions (interaction_id) VALUES ($1) ON CONFLICT DO NOTHING';
    try {
      const claimed = await this.#pool.read(
        (connection) => connection.run(sql, [interactionId]),
        claimMs,
      );
      return claimed === 1 ? 'mine' : 'taken';
    } catch {
      return 'unknown';
    }
  }

  async leave(): Promise<void> {
    await this.#rows(
      `WITH me AS (DELETE FROM processes WHERE process_id = $1 AND renewal <= $2 RETURNING process_id)
       UPDATE shards s SET process_id = NULL, until = NULL FROM me WHERE s.process_id = me.process_id`,
      [this.#processId, this.#renewal],
    );
  }

  /** Ends the connections, and gives nothing back. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#pool[Symbol.asyncDispose]();
  }

  /** From here on nothing counts that a former run under this name has sent. */
  async #noteProcess(
    connection: SqlConnection,
    { id, name, version, startLimit }: RegisteredProcess,
  ): Promise<void> {
    await connection.run(
      `DELETE FROM processes p WHERE until < ${now} - interval '1 hour'
         AND NOT EXISTS (SELECT FROM shards s WHERE s.process_id = p.process_id)`,
    );
    const [row] = await connection.rows(
      `INSERT INTO processes (process_id, name, version, shard_limit, until, renewal)
       VALUES ($1, $2, $3, 0, ${msFromNow('$4')}, $5)
       ON CONFLICT (process_id) DO UPDATE SET name = excluded.name, version = excluded.version,
         started_at = ${now}, until = excluded.until, is_alone = false,
         renewal = processes.renewal + excluded.renewal
       RETURNING renewal`,
      [id, name, version, this.#leaseMs, renewalsOfARun],
    );
    this.#renewal = Number(row?.renewal);
    if (!startLimit) return;
    await connection.run(
      `INSERT INTO identify_limit (total, remaining, resets_at) VALUES ($1, $2, ${msFromNow('$3')})
       ON CONFLICT (only_row) DO UPDATE SET total = excluded.total, resets_at = excluded.resets_at,
         remaining = CASE WHEN identify_limit.resets_at <= ${now} THEN excluded.remaining
           ELSE least(identify_limit.remaining, excluded.remaining) END`,
      [startLimit.total, startLimit.remaining, startLimit.resetAfterMs],
    );
  }

  #purgeSometimes(): void {
    const nowMs = this.#clock.nowMs();
    if (nowMs < this.#purgeAtMs) return;
    this.#purgeAtMs = nowMs + purgeMs;
    const sql = `DELETE FROM interactions WHERE at < ${now} - interval '1 hour'`;
    this.#pool.write((connection) => connection.run(sql)).catch(() => undefined); // the next time
  }

  #rows(sql: string, values: readonly unknown[]): Promise<readonly SqlRow[]> {
    return this.#pool.read((connection) => connection.rows(sql, values), statementMs);
  }
}

/**
 * Changes the agreed number of shards. Errors: BotError `shards.in_use` while a process may serve one; `isForced` passes over
 * one that is gone without having given its shards back.
 */
export async function resizeShards(
  pool: PostgresPool,
  count: number,
  isForced: boolean,
): Promise<void> {
  await pool.write(async (connection) => {
    const [bot] = await connection.rows('SELECT shard_count FROM bot FOR UPDATE');
    if (!bot) throw notAgreed();
    const [live] = await connection.rows(
      `SELECT name, until > ${now} AS is_live FROM processes p
       WHERE until > ${now} OR is_alone AND EXISTS (SELECT FROM shards s WHERE s.process_id = p.process_id)
       ORDER BY until DESC LIMIT 1`,
    );
    if (live && (live.is_live === true || !isForced)) throw inUse(live);
    await connection.run('UPDATE bot SET shard_count = $1', [count]);
    await makeRows(connection, count);
  }, registerMs);
}

/** Number of shards that the first registered process wanted. */
async function agreedCount(
  connection: SqlConnection,
  { botId, wantedCount, recommendedCount }: RegisteredProcess,
): Promise<number> {
  const wanted = wantedCount ?? recommendedCount;
  const made = await connection.run(
    'INSERT INTO bot (bot_id, shard_count) VALUES ($1, $2) ON CONFLICT DO NOTHING',
    [botId, wanted],
  );
  if (made > 0) await makeRows(connection, wanted);
  const [bot] = await connection.rows('SELECT bot_id, shard_count FROM bot FOR SHARE');
  const count = Number(bot?.shard_count);
  if (bot?.bot_id !== botId) throw otherBot(String(bot?.bot_id), botId);
  if (wantedCount !== undefined && wantedCount !== count) throw otherCount(wantedCount, count);
  return count;
}

/** Epochs go on, so that nothing counts that was sent for the former rows. */
async function makeRows(connection: SqlConnection, count: number): Promise<void> {
  await connection.run(
    `WITH gone AS (DELETE FROM shards WHERE shard_id >= $1),
       former AS (SELECT coalesce(max(epoch) + 1, 0) AS epoch FROM shards)
     INSERT INTO shards (shard_id, epoch) SELECT id, former.epoch FROM generate_series(0, $1 - 1) AS id, former
     ON CONFLICT (shard_id) DO UPDATE SET epoch = excluded.epoch, process_id = NULL, until = NULL,
       session_id = NULL, resume_url = NULL, sequence = NULL`,
    [count],
  );
}

function viewOf(row: SqlRow): RegistryView {
  const processes = listOf(row.processes);
  return {
    renewedIds: new Set(Array.isArray(row.renewed) ? row.renewed.map(Number) : []),
    isAlone: processes.length === 0,
    processes: processes.map(({ id, name, limit }) => ({
      id: String(id),
      name: String(name),
      limit: Number(limit),
    })),
    shards: listOf(row.shards).map(shardOfRow),
  };
}

function shardOfRow({ id, epoch, ownerId, untilMs, leftMs }: SqlRow): ShardRow {
  const row = { id: Number(id), epoch: Number(epoch) };
  if (typeof ownerId !== 'string') return row;
  return { ...row, ownerId, untilMs: Number(untilMs), leftMs: Number(leftMs) };
}

/** The gateway session that a row of `shards` holds; undefined: there is none to be resumed. */
function sessionOf(row: SqlRow): GatewaySessionInfo | undefined {
  const { session_id: sessionId, resume_url: resumeUrl, sequence } = row;
  if (typeof sessionId !== 'string' || typeof resumeUrl !== 'string') return undefined;
  return { sessionId, resumeUrl, sequence: Number(sequence ?? 0) };
}

function listOf(value: unknown): readonly SqlRow[] {
  return Array.isArray(value) ? value : [];
}

function otherBot(theirs: string, ours: string): BotError {
  const message = `The database of DATABASE_URL belongs to the bot ${theirs}, and DISCORD_TOKEN is that of the bot ${ours}: give this bot a database or a schema of its own (?options=-c%20search_path%3Dname), or the token of that bot.`;
  return new BotError('shards.other_bot', false, message);
}

function otherCount(wanted: number, known: number): BotError {
  const message = `SHARDS=${wanted}, but this bot has ${known} shards: set SHARDS=${known} or SHARDS=auto, or stop every process and run npm run shards -- resize ${wanted}.`;
  return new BotError('shards.other_count', false, message);
}

function notAgreed(): BotError {
  const message = 'No process has registered here yet: set SHARDS instead, and start the bot.';
  return new BotError('shards.in_use', false, message);
}

function inUse({ name, is_live: isLive }: SqlRow): BotError {
  const message =
    isLive === true
      ? `${name} serves shards of this bot: stop every process first; one that was killed counts for 30 s more.`
      : `${name} has not given its shards back, and may go on without the database: stop it, or add --force if it is gone.`;
  return new BotError('shards.in_use', false, message);
}
