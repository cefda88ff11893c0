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
  readonly onWait: (why: string) => void;
  /** Called once if another process took a lock, after which this process must end. */
  readonly onLost: (why: string) => void;
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
export const lockHolders = `SELECT who AS name,
    json_agg(id ORDER BY id) FILTER (WHERE id < ${numbers})::text AS shard_ids,
    coalesce(max(id) FILTER (WHERE id BETWEEN ${numbers} AND ${buckets - 1}), ${numbers}) - ${numbers} AS shard_count
  FROM (${heldLocks}) AS held WHERE id < ${buckets} GROUP BY connection, who ORDER BY min(id)`;

type Holder = {
  readonly id: number;
  readonly connection: string;
  readonly who: string;
};

export interface ShardLocks extends AsyncDisposable {
  /**
   * Reserves an identify bucket for `ms`. True without the database, as Discord refuses
   * early ones.
   */
  takeBucket(bucket: number, ms: number): Promise<boolean>;
}

export async function openShardLocks(
  options: ShardLockOptions,
  signal: AbortSignal,
): Promise<ShardLocks> {
  // A lost connection takes the locks again unless another process has them. The server
  // notices a lost machine after 11 s (`toClientConfig`).
  const { clock, onLost, onWait, report, url } = options;
  /** Tells processes apart in `pg_stat_activity`. */
  const ownName = `parley-shards ${randomBytes(4).toString('hex')} ${hostname()} ${process.pid}`;
  const over = new AbortController();
  const firstHeld = Promise.withResolvers<void>();
  let client: pg.Client | undefined;
  let [isHeld, hasHeld, hasWaited] = [false, false, false];

  async function runRound() {
    try {
      const opened = client ?? (await connectClient());
      if (isHeld) await opened.query('SELECT 1');
      else await takeLocks(opened);
    } catch (error) {
      dropClient(client);
      throw toPostgresError(describePlace(url), error);
    }
  }

  async function connectClient() {
    const settings = toClientConfig({ url, applicationName: ownName });
    const opened = new pg.Client({ ...settings, query_timeout: answerMs });
    opened.on('error', ignoreRejection);
    opened.once('end', () => dropClient(opened));
    await opened.connect();
    client = opened;
    if (hasWaited) await clock.sleep(ownerFirstMs, over.signal).catch(ignoreRejection);
    if (over.signal.aborted) dropClient(opened);
    return opened;
  }

  function dropClient(former: pg.Client | undefined) {
    if (client !== former) return;
    client = undefined;
    isHeld = false;
    former?.end().catch(ignoreRejection);
  }

  async function takeLocks(opened: pg.Client) {
    const { isTaken, other } = await takeAll(opened, options);
    if (isTaken) {
      isHeld = hasHeld = true;
      return firstHeld.resolve();
    }
    // After a lost connection the server may still list this process.
    if (!other || other.connection === ownName) return;
    const { id, who } = other;
    const why =
      id < numbers
        ? `shard ${id} is served by ${who}`
        : `${who} has SHARDS=${id - numbers}, and this one ${options.count}`;
    if (hasHeld) {
      over.abort(new Error('another process has the locks'));
      onLost(
        `While the database was away, another process took over: ${why}; this one ends.`,
      );
    } else if (!hasWaited) onWait(why);
    hasWaited = true;
  }

  const locks: ShardLocks = {
    async takeBucket(bucket, ms) {
      const holder = client;
      if (!holder || !isHeld) return true;
      const isTaken = await tryBucket(holder, bucket);
      const free = `SELECT pg_advisory_unlock(${lockClass}, ${buckets + bucket})`;
      if (isTaken)
        clock.later(ms, () => void holder.query(free).catch(ignoreRejection));
      return isTaken;
    },

    async [Symbol.asyncDispose]() {
      over.abort(new Error('the locks are given back'));
      await withTimeout(
        client?.end() ?? Promise.resolve(),
        closeMs,
        clock,
        () => new Error('the database does not answer'),
      ).catch(ignoreRejection);
    },
  };
  const task = {
    name: 'locks of shards',
    clock,
    everyMs,
    maxRetryDelayMs: everyMs,
    run: runRound,
    report,
  };
  void runPeriodically(task, over.signal);
  try {
    await waitUnlessAborted(firstHeld.promise, signal);
    return locks;
  } catch (error) {
    await locks[Symbol.asyncDispose]();
    throw error;
  }
}

async function takeAll(client: pg.Client, { count, first, last }: ShardLockOptions) {
  const others = `SELECT id, connection, who FROM (${heldLocks}) AS held WHERE id BETWEEN ${first} AND ${last}
    OR id BETWEEN ${numbers} AND ${buckets - 1} AND id <> ${numbers + count}`;
  // One message is one transaction.
  const results: unknown =
    await client.query(`SELECT pg_advisory_xact_lock(${lockClass}, ${gate});
    ${others} ORDER BY id DESC LIMIT 1;
    SELECT pg_advisory_lock_shared(${lockClass}, ${numbers + count}), pg_advisory_lock(${lockClass}, id)
      FROM generate_series(${first}, ${last}) AS id WHERE NOT EXISTS (${others})`);
  const [, found, taken] = results as pg.QueryResult<Holder>[];
  return { isTaken: Boolean(taken?.rowCount), other: found?.rows[0] };
}

/**
 * Locks a bucket by its own connection. Returns true if the database does not answer.
 */
function tryBucket(client: pg.Client, bucket: number) {
  const lock = buckets + bucket;
  const isOwn = `SELECT FROM pg_locks WHERE locktype = 'advisory' AND pid = pg_backend_pid() AND objid = ${lock}`;
  const taking = `SELECT CASE WHEN EXISTS (${isOwn}) THEN false ELSE pg_try_advisory_lock(${lockClass}, ${lock}) END AS taken`;
  return client.query(taking).then(
    ({ rows: [row] }) => row.taken,
    () => true,
  );
}

function ignoreRejection() {}
