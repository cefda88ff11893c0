import { randomBytes } from 'node:crypto';
import { hostname } from 'node:os';
import pg from 'pg';
import type { AlertChange } from '#src/base/alerts.ts';
import { waitUnlessAborted, withTimeout } from '#src/base/bounded-wait.ts';
import type { Clock } from '#src/base/clock.ts';
import { runPeriodically } from '#src/base/loops/periodic-task.ts';
import {
  describePlace,
  type PostgresConnection,
  toClientConfig,
} from './postgres-driver.ts';
import { toPostgresError } from './postgres-errors.ts';

export type ShardLockOptions = PostgresConnection & {
  readonly clock: Clock;
  readonly count: number;
  readonly first: number;
  readonly last: number;
  /** Called once with the reason of a wait. */
  readonly onWait: (reason: string) => void;
  /** Called once if another process took a lock, after which this process must end. */
  readonly onLost: (reason: string) => void;
  /** Reports an outage of the database, and its end. */
  readonly report: (change: AlertChange) => void;
};

/** Pause between attempts and checks. */
const everyMs = 500;
/** After an outage the former owner may lock first. */
const ownerFirstMs = 3_000;
const [answerMs, closeMs] = [5_000, 1_000];

/** Class of advisory locks for a schema. Numbers below `numbers` are shards. */
const lockClass = `hashtext('parley:' || current_schema() || ':shards')`;
const [numbers, buckets, gate] = [100_000, 200_000, 300_000];

/** Held locks with connection, host and process. */
const heldLocks = `SELECT l.objid::integer AS id, a.application_name AS connection,
    regexp_replace(a.application_name, '^[^ ]+ [^ ]+ ', '') AS who
  FROM pg_locks l JOIN pg_stat_activity a USING (pid)
  WHERE l.locktype = 'advisory' AND l.objsubid = 2 AND l.granted AND l.pid <> pg_backend_pid()
    AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database())
    AND l.classid = ${lockClass}::oid`;

/** Processes with their shards as JSON. */
export const lockHolders: string = `SELECT who AS name,
    json_agg(id ORDER BY id) FILTER (WHERE id < ${numbers})::text AS shard_ids,
    coalesce(max(id) FILTER (WHERE id BETWEEN ${numbers} AND ${buckets - 1}), ${numbers}) - ${numbers} AS shard_count
  FROM (${heldLocks}) AS held WHERE id < ${buckets} GROUP BY connection, who ORDER BY min(id)`;

type Holder = {
  readonly id: number;
  readonly connection: string;
  readonly who: string;
};

/** Locks that make one process serve a shard. Disposing gives them back. */
export interface ShardLocks extends AsyncDisposable {
  /**
   * Reserves an identify bucket for `ms`. True without the database, as Discord refuses
   * early ones.
   */
  takeBucket(bucket: number, ms: number): Promise<boolean>;
}

/**
 * Takes the locks of the shards, waiting while another process has one. A lost
 * connection takes them again unless another process did. Disposing gives them back.
 */
export async function openShardLocks(
  options: ShardLockOptions,
  signal: AbortSignal,
): Promise<ShardLocks> {
  const locks = new HeldShardLocks(options);
  try {
    await locks.waitUntilHeld(signal);
    return locks;
  } catch (error) {
    await locks[Symbol.asyncDispose]();
    throw error;
  }
}

/**
 * Takes locks, checks them twice a second, and takes them again. The server notices a
 * lost machine after 11 s (`toClientConfig`).
 */
class HeldShardLocks implements ShardLocks {
  readonly #options: ShardLockOptions;
  /** Tells processes apart in `pg_stat_activity`. */
  readonly #connectionName =
    `parley-shards ${randomBytes(4).toString('hex')} ${hostname()} ${process.pid}`;
  readonly #over = new AbortController();
  readonly #firstHeld = Promise.withResolvers<void>();
  #client: pg.Client | undefined;
  #isHeld = false;
  #hasHeld = false;
  #hasWaited = false;

  constructor(options: ShardLockOptions) {
    const { clock, report } = options;
    this.#options = options;
    const task = {
      name: 'locks of shards',
      clock,
      everyMs,
      maxRetryDelayMs: everyMs,
      run: () => this.#runRound(),
      report,
    };
    void runPeriodically(task, this.#over.signal);
  }

  /** Waits until all locks were held once. */
  async waitUntilHeld(signal: AbortSignal): Promise<void> {
    await waitUnlessAborted(this.#firstHeld.promise, signal);
  }

  /** Reserves a bucket by a lock that is freed after `ms`. */
  async takeBucket(bucket: number, ms: number): Promise<boolean> {
    const client = this.#client;
    if (!client || !this.#isHeld) return true;
    const isTaken = await tryBucket(client, bucket);
    const free = `SELECT pg_advisory_unlock(${lockClass}, ${buckets + bucket})`;
    if (isTaken)
      this.#options.clock.later(
        ms,
        () => void client.query(free).catch(ignoreRejection),
      );
    return isTaken;
  }

  /** Gives the locks back by closing the connection, within a second. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#over.abort(new Error('the locks are given back'));
    await withTimeout(
      this.#client?.end() ?? Promise.resolve(),
      closeMs,
      this.#options.clock,
      () => new Error('the database does not answer'),
    ).catch(ignoreRejection);
  }

  async #runRound() {
    try {
      const client = this.#client ?? (await this.#connectClient());
      if (this.#isHeld) await client.query('SELECT 1');
      else await this.#takeLocks(client);
    } catch (error) {
      this.#dropClient(this.#client);
      throw toPostgresError(describePlace(this.#options.url), error);
    }
  }

  async #connectClient() {
    const { clock, url } = this.#options;
    const settings = toClientConfig({ url, applicationName: this.#connectionName });
    const client = new pg.Client({ ...settings, query_timeout: answerMs });
    client.on('error', ignoreRejection);
    client.once('end', () => this.#dropClient(client));
    await client.connect();
    this.#client = client;
    if (this.#hasWaited)
      await clock.sleep(ownerFirstMs, this.#over.signal).catch(ignoreRejection);
    if (this.#over.signal.aborted) this.#dropClient(client);
    return client;
  }

  /** Closes a client, unless another one has taken its place. */
  #dropClient(client: pg.Client | undefined) {
    if (this.#client !== client) return;
    this.#client = undefined;
    this.#isHeld = false;
    client?.end().catch(ignoreRejection);
  }

  async #takeLocks(client: pg.Client) {
    const { isTaken, holder } = await takeAllLocks(client, this.#options);
    if (isTaken) {
      this.#isHeld = this.#hasHeld = true;
      return this.#firstHeld.resolve();
    }
    // After a lost connection the server may still list this process.
    if (!holder || holder.connection === this.#connectionName) return;
    this.#reportHolder(holder);
    this.#hasWaited = true;
  }

  /** Ends after another process took the locks over, or reports the first wait. */
  #reportHolder({ id, who }: Holder) {
    const { count, onLost, onWait } = this.#options;
    const reason =
      id < numbers
        ? `shard ${id} is served by ${who}`
        : `${who} has SHARDS=${id - numbers}, and this one ${count}`;
    if (this.#hasHeld) {
      this.#over.abort(new Error('another process has the locks'));
      onLost(
        `While the database was away, another process took over: ${reason}; this one ends.`,
      );
    } else if (!this.#hasWaited) onWait(reason);
  }
}

/** Takes the locks of all shards, or returns one holder of a lock in the way. */
async function takeAllLocks(
  client: pg.Client,
  { count, first, last }: ShardLockOptions,
) {
  const conflicting = `SELECT id, connection, who FROM (${heldLocks}) AS held WHERE id BETWEEN ${first} AND ${last}
    OR id BETWEEN ${numbers} AND ${buckets - 1} AND id <> ${numbers + count}`;
  // One message is one transaction.
  const results: unknown =
    await client.query(`SELECT pg_advisory_xact_lock(${lockClass}, ${gate});
    ${conflicting} ORDER BY id DESC LIMIT 1;
    SELECT pg_advisory_lock_shared(${lockClass}, ${numbers + count}), pg_advisory_lock(${lockClass}, id)
      FROM generate_series(${first}, ${last}) AS id WHERE NOT EXISTS (${conflicting})`);
  const [, conflicts, locks] = results as pg.QueryResult<Holder>[];
  return { isTaken: Boolean(locks?.rowCount), holder: conflicts?.rows[0] };
}

/**
 * Locks a bucket by its own connection. Returns true if the database does not answer.
 */
function tryBucket(client: pg.Client, bucket: number) {
  const lock = buckets + bucket;
  const heldHere = `SELECT FROM pg_locks WHERE locktype = 'advisory' AND pid = pg_backend_pid() AND objid = ${lock}`;
  const taking = `SELECT CASE WHEN EXISTS (${heldHere}) THEN false ELSE pg_try_advisory_lock(${lockClass}, ${lock}) END AS taken`;
  return client.query(taking).then(
    ({ rows: [row] }) => row.taken,
    () => true,
  );
}

function ignoreRejection() {}
