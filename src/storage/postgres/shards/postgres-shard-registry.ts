import sql, { type Sql } from 'sql-template-tag';
import type { Clock } from '#src/base/clock.ts';
import { BotError } from '#src/base/errors.ts';
import {
  identifyReserve,
  identifySpacingMs,
  startLimitMs,
} from '#src/discord/shards/identify-limits.ts';
import type {
  IdentifyAnswer,
  InteractionClaim,
  OwnLease,
  RegisteredProcess,
  RegistryView,
  Renewal,
  ShardRegistry,
  ShardRow,
  TakenShard,
} from '#src/discord/shards/ownership.ts';
import {
  type Columns,
  flag,
  id,
  instant,
  integer,
  json,
  optional,
  type RowOf,
  text,
  whole,
} from '#src/sql/columns.ts';
import type { Connection } from '#src/sql/connection.ts';
import { migratePostgres } from '#src/storage/postgres/migrate.ts';
import { type PoolOptions, PostgresPool } from '#src/storage/postgres/pool.ts';
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

const now = sql`clock_timestamp()`;
const msFromNow = (ms: number) => sql`${now} + ${ms} * interval '1 millisecond'`;
/** Identifies that Discord allows now; once its day is over, all of them. */
const allowance = sql`SELECT total, CASE WHEN resets_at <= ${now} THEN total ELSE remaining END AS remaining,
  CASE WHEN resets_at <= ${now} THEN ${msFromNow(startLimitMs)} ELSE resets_at END AS resets_at FROM identify_limit`;

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
    const until = msFromNow(this.#leaseMs);
    const [row] = await this.#rows(
      viewColumns,
      sql`WITH others AS MATERIALIZED (
         SELECT process_id AS id, name, shard_limit AS "limit" FROM processes
         WHERE process_id <> ${this.#processId} AND until BETWEEN ${now} AND ${until}
       ), me AS (
         UPDATE processes SET renewal = ${this.#renewal}, until = ${until}, shard_limit = ${limit},
           is_alone = ${believesAlone} OR NOT EXISTS (SELECT FROM others)
         WHERE process_id = ${this.#processId} AND renewal < ${this.#renewal} RETURNING process_id
       ), mine AS (
         UPDATE shards s SET until = ${until},
           session_id = coalesce(w.session_id, s.session_id),
           resume_url = coalesce(w.resume_url, s.resume_url),
           sequence = coalesce(w.sequence, s.sequence),
           session_at = CASE WHEN w.session_id IS NULL THEN s.session_at ELSE ${now} END
         FROM me, unnest(
           ${leases.map(({ shardId }) => shardId)}::integer[],
           ${leases.map(({ epoch }) => epoch)}::bigint[],
           ${leases.map(({ session }) => session?.sessionId ?? null)}::text[],
           ${leases.map(({ session }) => session?.resumeUrl ?? null)}::text[],
           ${leases.map(({ session }) => session?.sequence ?? null)}::bigint[]
         ) AS w(shard_id, epoch, session_id, resume_url, sequence)
         WHERE s.shard_id = w.shard_id AND s.epoch = w.epoch AND s.process_id = ${this.#processId}
         RETURNING s.shard_id
       )
       SELECT EXISTS (SELECT FROM me) AS is_known,
         (SELECT json_agg(shard_id)::text FROM mine) AS renewed,
         (SELECT json_agg(others)::text FROM others) AS processes,
         (SELECT json_agg(json_strip_nulls(json_build_object('id', shard_id, 'epoch', epoch, 'ownerId', process_id,
            'untilMs', 1000 * extract(epoch FROM until),
            'leftMs', 1000 * extract(epoch FROM until - ${now}))))::text FROM shards) AS shards`,
    );
    return row?.isKnown ? viewOf(row) : undefined;
  }

  async acquire(shards: readonly Pick<ShardRow, 'id' | 'epoch'>[]): Promise<readonly TakenShard[]> {
    const until = msFromNow(this.#leaseMs);
    const rows = await this.#rows(
      takenColumns,
      sql`WITH wanted AS (
         SELECT w.shard_id, w.epoch,
           coalesce(p.is_alone AND p.process_id <> ${this.#processId}, false) AS must_fence
         FROM unnest(${shards.map(({ id }) => id)}::integer[], ${shards.map(({ epoch }) => epoch)}::bigint[])
           AS w(shard_id, epoch)
         JOIN shards USING (shard_id) LEFT JOIN processes p USING (process_id)
       )
       UPDATE shards s SET epoch = s.epoch + 1, process_id = ${this.#processId}, until = ${until}, taken_at = ${now}
       FROM wanted w WHERE s.shard_id = w.shard_id AND s.epoch = w.epoch
         AND (s.process_id IS NULL OR s.process_id = ${this.#processId}
           OR s.until NOT BETWEEN ${now} AND ${until}) -- later: the clock was put back
       RETURNING s.*, w.must_fence`,
    );
    return rows.map(({ shardId, epoch, mustFence, sessionId, resumeUrl, sequence = 0 }) => ({
      ...{ shardId, epoch, mustFence },
      ...(sessionId !== undefined &&
        resumeUrl !== undefined && { session: { sessionId, resumeUrl, sequence } }),
    }));
  }

  async giveBack({ shardId, epoch, session }: OwnLease): Promise<void> {
    await this.#run(
      sql`UPDATE shards SET process_id = NULL, until = NULL,
         session_id = coalesce(${session?.sessionId ?? null}, session_id),
         resume_url = coalesce(${session?.resumeUrl ?? null}, resume_url),
         sequence = coalesce(${session?.sequence ?? null}, sequence)
       WHERE shard_id = ${shardId} AND epoch = ${epoch} AND process_id = ${this.#processId}`,
    );
  }

  async identify({ shardId, epoch }: OwnLease, bucket: number): Promise<IdentifyAnswer> {
    const [row] = await this.#rows(
      identifyColumns,
      sql`WITH mine AS (
         SELECT shard_id FROM shards
         WHERE shard_id = ${shardId} AND epoch = ${epoch} AND process_id = ${this.#processId}
       ), allowance AS MATERIALIZED (${allowance}), slot AS (
         INSERT INTO identify_buckets (bucket, at) SELECT ${bucket}::integer, ${now} FROM mine
         WHERE NOT EXISTS (SELECT FROM allowance WHERE remaining <= ${identifyReserve})
         ON CONFLICT (bucket) DO UPDATE SET at = ${now}
         WHERE ${now} NOT BETWEEN identify_buckets.at
           AND identify_buckets.at + ${identifySpacingMs} * interval '1 millisecond'
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
         (SELECT ceil(1000 * extract(epoch FROM at - ${now})) + ${identifySpacingMs}::integer
          FROM identify_buckets WHERE bucket = ${bucket}) AS wait_ms`,
    );
    if (row?.isGranted) return { kind: 'granted' };
    if (!row?.isMine) return { kind: 'lost' };
    if (row.resetMs !== undefined) return { kind: 'spent', waitMs: row.resetMs };
    const waitMs = Math.min(Math.max(10, row.waitMs ?? 10), identifySpacingMs);
    return { kind: 'wait', waitMs };
  }

  async claim(interactionId: string): Promise<InteractionClaim> {
    this.#purgeSometimes();
    const statement = sql`INSERT INTO interactions (interaction_id) VALUES (${interactionId}) ON CONFLICT DO NOTHING`;
    try {
      const claimed = await this.#pool.read((connection) => connection.run(statement), claimMs);
      return claimed === 1 ? 'mine' : 'taken';
    } catch {
      return 'unknown';
    }
  }

  async leave(): Promise<void> {
    await this.#run(
      sql`WITH me AS (
         DELETE FROM processes WHERE process_id = ${this.#processId} AND renewal <= ${this.#renewal}
         RETURNING process_id
       )
       UPDATE shards s SET process_id = NULL, until = NULL FROM me WHERE s.process_id = me.process_id`,
    );
  }

  /** Ends the connections, and gives nothing back. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#pool[Symbol.asyncDispose]();
  }

  /** From here on nothing counts that a former run under this name has sent. */
  async #noteProcess(
    connection: Connection,
    { id, name, version, startLimit }: RegisteredProcess,
  ): Promise<void> {
    await connection.run(
      sql`DELETE FROM processes p WHERE until < ${now} - interval '1 hour'
         AND NOT EXISTS (SELECT FROM shards s WHERE s.process_id = p.process_id)`,
    );
    const [row] = await connection.rows(
      { renewal: whole },
      sql`INSERT INTO processes (process_id, name, version, shard_limit, until, renewal)
       VALUES (${id}, ${name}, ${version}, 0, ${msFromNow(this.#leaseMs)}, ${renewalsOfARun})
       ON CONFLICT (process_id) DO UPDATE SET name = excluded.name, version = excluded.version,
         started_at = ${now}, until = excluded.until, is_alone = false,
         renewal = processes.renewal + excluded.renewal
       RETURNING renewal`,
    );
    this.#renewal = row?.renewal ?? 0;
    if (!startLimit) return;
    const { remaining, resetAfterMs, total } = startLimit;
    await connection.run(
      sql`INSERT INTO identify_limit (total, remaining, resets_at)
       VALUES (${total}, ${remaining}, ${msFromNow(resetAfterMs)})
       ON CONFLICT (only_row) DO UPDATE SET total = excluded.total, resets_at = excluded.resets_at,
         remaining = CASE WHEN identify_limit.resets_at <= ${now} THEN excluded.remaining
           ELSE least(identify_limit.remaining, excluded.remaining) END`,
    );
  }

  #purgeSometimes(): void {
    const nowMs = this.#clock.nowMs();
    if (nowMs < this.#purgeAtMs) return;
    this.#purgeAtMs = nowMs + purgeMs;
    const statement = sql`DELETE FROM interactions WHERE at < ${now} - interval '1 hour'`;
    this.#pool.write((connection) => connection.run(statement)).catch(() => undefined); // the next time
  }

  #rows<Shape extends Columns>(shape: Shape, statement: Sql): Promise<readonly RowOf<Shape>[]> {
    return this.#pool.read((connection) => connection.rows(shape, statement), statementMs);
  }

  #run(statement: Sql): Promise<number> {
    return this.#pool.read((connection) => connection.run(statement), statementMs);
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
    const [bot] = await connection.rows(
      { shardCount: integer },
      sql`SELECT shard_count FROM bot FOR UPDATE`,
    );
    if (!bot) throw notAgreed();
    const [live] = await connection.rows(
      { name: text, isLive: flag },
      sql`SELECT name, until > ${now} AS is_live FROM processes p
       WHERE until > ${now} OR is_alone AND EXISTS (SELECT FROM shards s WHERE s.process_id = p.process_id)
       ORDER BY until DESC LIMIT 1`,
    );
    if (live && (live.isLive || !isForced)) throw inUse(live);
    await connection.run(sql`UPDATE bot SET shard_count = ${count}`);
    await makeRows(connection, count);
  }, registerMs);
}

/** Number of shards that the first registered process wanted. */
async function agreedCount(
  connection: Connection,
  { botId, wantedCount, recommendedCount }: RegisteredProcess,
): Promise<number> {
  const wanted = wantedCount ?? recommendedCount;
  const made = await connection.run(
    sql`INSERT INTO bot (bot_id, shard_count) VALUES (${botId}, ${wanted}) ON CONFLICT DO NOTHING`,
  );
  if (made > 0) await makeRows(connection, wanted);
  const columns = { botId: id, shardCount: integer };
  const [bot] = await connection.rows(columns, sql`SELECT bot_id, shard_count FROM bot FOR SHARE`);
  if (bot?.botId !== botId) throw otherBot(`${bot?.botId}`, botId);
  const count = bot.shardCount;
  if (wantedCount !== undefined && wantedCount !== count) throw otherCount(wantedCount, count);
  return count;
}

/** Epochs go on, so that nothing counts that was sent for the former rows. */
async function makeRows(connection: Connection, count: number): Promise<void> {
  await connection.run(
    sql`WITH gone AS (DELETE FROM shards WHERE shard_id >= ${count}),
       former AS (SELECT coalesce(max(epoch) + 1, 0) AS epoch FROM shards)
     INSERT INTO shards (shard_id, epoch)
     SELECT id, former.epoch FROM generate_series(0, ${count}::integer - 1) AS id, former
     ON CONFLICT (shard_id) DO UPDATE SET epoch = excluded.epoch, process_id = NULL, until = NULL,
       session_id = NULL, resume_url = NULL, sequence = NULL`,
  );
}

const viewColumns = {
  isKnown: flag,
  renewed: optional(json<readonly number[]>()),
  processes: optional(json<RegistryView['processes']>()),
  shards: optional(json<readonly ShardRow[]>()),
};
const takenColumns = {
  shardId: integer,
  epoch: whole,
  mustFence: flag,
  sessionId: optional(text),
  resumeUrl: optional(text),
  sequence: optional(whole),
};
const identifyColumns = {
  isGranted: flag,
  isMine: flag,
  resetMs: optional(instant),
  waitMs: optional(instant),
};

function viewOf({
  renewed = [],
  processes = [],
  shards = [],
}: RowOf<typeof viewColumns>): RegistryView {
  return { renewedIds: new Set(renewed), isAlone: processes.length === 0, processes, shards };
}

function otherBot(theirs: string, ours: string): BotError {
  const message = `The database of DATABASE_URL belongs to the bot ${theirs}, but DISCORD_TOKEN to the bot ${ours}: give this bot its own database or schema (?options=-c%20search_path%3Dname), or the token of that bot.`;
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

function inUse({ name, isLive }: { readonly name: string; readonly isLive: boolean }): BotError {
  const message = isLive
    ? `${name} serves shards of this bot: stop every process first. A killed process counts for 30 s more.`
    : `${name} still has its shards, and may run without the database: stop it, or add --force if it has ended.`;
  return new BotError('shards.in_use', false, message);
}
