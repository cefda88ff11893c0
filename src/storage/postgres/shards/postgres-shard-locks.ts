import { identifySpacingMs } from '#src/shards/identify-throttle.ts';
import type { ShardLocks, TakenShard } from '#src/shards/shard-registry.ts';
import type { DedicatedConnection } from '#src/storage/postgres/dedicated-connection.ts';
import type { SqlRow } from '#src/storage/postgres/sql-connection.ts';
import { lockKey } from './lock-keys.ts';
import { sessionOf } from './session-columns.ts';

/** Longest time, in ms, for one statement; a connection that takes longer is given up. */
const statementMs = 2_000;

/** Advisory locks of shards on one connection. */
export class PostgresShardLocks implements ShardLocks {
  readonly #connection: DedicatedConnection;
  readonly #processId: string;
  readonly #botId: string;

  constructor(connection: DedicatedConnection, processId: string, botId: string) {
    this.#connection = connection;
    this.#processId = processId;
    this.#botId = botId;
  }

  async take(shardId: number): Promise<TakenShard | undefined> {
    if (!(await this.#tryLock(shardId))) return undefined;
    const [former] = await this.#rows(
      `WITH former AS (SELECT * FROM shards WHERE shard_id = $1)
       UPDATE shards s SET epoch = former.epoch + 1, process_id = $2, taken_at = clock_timestamp()
       FROM former WHERE s.shard_id = former.shard_id
       RETURNING former.epoch, former.is_active, former.session_id, former.resume_url, former.sequence`,
      [shardId, this.#processId],
    );
    if (!former) {
      await this.#unlock(shardId); // the number of shards has changed
      return undefined;
    }
    const formerEpoch = Number(former.epoch);
    const session = sessionOf(former);
    const isActive = former.is_active === true;
    return { epoch: formerEpoch + 1, formerEpoch, isActive, ...(session && { session }) };
  }

  async retake(shardId: number, epoch: number): Promise<'ours' | 'lost' | 'busy'> {
    if (!(await this.#isOurs(shardId, epoch))) return 'lost';
    if (!(await this.#tryLock(shardId))) {
      await this.#endFormer();
      return 'busy';
    }
    if (await this.#isOurs(shardId, epoch)) return 'ours';
    await this.#unlock(shardId);
    return 'lost';
  }

  async release(shardId: number, epoch: number, isOver: boolean): Promise<void> {
    await this.#rows(
      `UPDATE shards SET is_active = is_active AND NOT $1
       WHERE shard_id = $2 AND epoch = $3 AND process_id = $4`,
      [isOver, shardId, epoch, this.#processId],
    );
    await this.#unlock(shardId);
  }

  async identify(shardId: number, epoch: number, bucket: number): Promise<number | undefined> {
    const [granted] = await this.#rows(
      `WITH mine AS (
         SELECT shard_id FROM shards WHERE shard_id = $1 AND epoch = $2 AND process_id = $3
       ), slot AS (
         INSERT INTO identify_buckets (bucket, at)
         SELECT $4::integer, clock_timestamp() FROM mine
         ON CONFLICT (bucket) DO UPDATE SET at = clock_timestamp()
         WHERE clock_timestamp() NOT BETWEEN identify_buckets.at
           AND identify_buckets.at + $5 * interval '1 millisecond'
         RETURNING bucket
       )
       UPDATE shards s SET session_id = NULL, resume_url = NULL, sequence = NULL, is_active = true
       FROM mine, slot WHERE s.shard_id = mine.shard_id RETURNING s.shard_id`,
      [shardId, epoch, this.#processId, bucket, identifySpacingMs],
    );
    if (granted) return 0;
    if (!(await this.#isOurs(shardId, epoch))) return undefined;
    const [slot] = await this.#rows(
      `SELECT ceil(1000 * extract(epoch FROM at - clock_timestamp())) + $2::integer AS wait_ms
       FROM identify_buckets WHERE bucket = $1`,
      [bucket, identifySpacingMs],
    );
    return Math.min(Math.max(10, Number(slot?.wait_ms ?? 10)), identifySpacingMs);
  }

  async #isOurs(shardId: number, epoch: number): Promise<boolean> {
    const rows = await this.#rows(
      'SELECT 1 FROM shards WHERE shard_id = $1 AND epoch = $2 AND process_id = $3',
      [shardId, epoch, this.#processId],
    );
    return rows.length > 0;
  }

  async #tryLock(shardId: number): Promise<boolean> {
    const sql = `SELECT pg_try_advisory_lock(${lockKey('shard', '$2')}) AS is_ours`;
    const [row] = await this.#rows(sql, [this.#botId, `${shardId}`]);
    return row?.is_ours === true;
  }

  async #unlock(shardId: number): Promise<void> {
    const sql = `SELECT pg_advisory_unlock(${lockKey('shard', '$2')})`;
    await this.#rows(sql, [this.#botId, `${shardId}`]);
  }

  /** A connection of this process that it has lost may still stand at the server, with its locks. */
  async #endFormer(): Promise<void> {
    await this.#rows(
      `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
       WHERE application_name = current_setting('application_name')
         AND usename = current_user AND datname = current_database() AND pid <> pg_backend_pid()`,
      [],
    );
  }

  #rows(sql: string, values: readonly unknown[]): Promise<readonly SqlRow[]> {
    return this.#connection.rows(sql, values, statementMs);
  }
}
