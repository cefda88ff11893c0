import { randomBytes } from 'node:crypto';
import { hostname } from 'node:os';
import pg from 'pg';
import type { AlertChange } from '#src/base/alerts.ts';
import type { Clock } from '#src/base/clock.ts';
import { runPeriodically } from '#src/base/loops/periodic-task.ts';
import { unlessAborted, within } from '#src/base/waiting.ts';
import { type ConnectionOptions, connectionOptions, placeOf } from './postgres-driver.ts';
import { asPostgresTrouble } from './postgres-trouble.ts';

export type ShardLockOptions = ConnectionOptions & {
  readonly clock: Clock;
  /** Number of shards of the bot, and ids of the first and last one of this process. */
  readonly count: number;
  readonly first: number;
  readonly last: number;
  /** Told once, in a sentence, why this process has to wait. */
  readonly onWait: (why: string) => void;
  /** Told once that another process took one of the locks: this one is to end. */
  readonly onLost: (why: string) => void;
  readonly report: (change: AlertChange) => void;
};

/** Pause, in ms, between two tries to take the locks, or two questions whether their connection is open. */
const everyMs = 500;
/** Head start, in ms, that who waits gives the former owner of the locks where the database was away. */
const ownerFirstMs = 3_000;
/** Longest time, in ms, for a statement, and for closing the connection. */
const [answerMs, closeMs] = [5_000, 1_000];

/** Advisory locks of a bot: their class, which belongs to a schema, and below `numbers` the ids of shards. */
const lockClass = `hashtext('parley:' || current_schema() || ':shards')`;
const [numbers, buckets, gate] = [100_000, 200_000, 300_000];

/** Locks that are held now: `id`, and `name` of the process. */
const heldLocks = `SELECT l.objid::integer AS id, a.application_name AS name, a.backend_start
  FROM pg_locks l JOIN pg_stat_activity a USING (pid)
  WHERE l.locktype = 'advisory' AND l.objsubid = 2 AND l.granted AND l.pid <> pg_backend_pid()
    AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database())
    AND l.classid = ${lockClass}::oid`;

/** Processes that hold shards, as `shard_ids` (JSON) of `shard_count`, with `name`. */
export const lockHolders = `SELECT name,
    json_agg(id ORDER BY id) FILTER (WHERE id < ${numbers})::text AS shard_ids,
    coalesce(max(id) FILTER (WHERE id BETWEEN ${numbers} AND ${buckets - 1}), ${numbers}) - ${numbers} AS shard_count
  FROM (${heldLocks}) AS held WHERE id < ${buckets} GROUP BY name, backend_start ORDER BY min(id)`;

/** Host and process id, out of the name of a connection. */
export function processNameOf(applicationName: string): string {
  return applicationName.split(' ').slice(2).join(' ');
}

type Holder = { readonly id: number; readonly name: string };

/**
 * The locks of this process on one connection: one for each of its shards, and a shared one on their number. What it loses with its
 * connection it takes again, as long as no other process has it; meanwhile it goes on.
 *
 * The server notices after 11 s that a machine is gone (`connectionOptions`), and at once that a process is.
 */
export class ShardLocks implements AsyncDisposable {
  readonly #options: ShardLockOptions;
  /** By it processes are told apart in `pg_stat_activity`. */
  readonly #name = `parley-shards ${randomBytes(4).toString('hex')} ${hostname()} ${process.pid}`;
  readonly #over = new AbortController();
  readonly #taken = Promise.withResolvers<void>();
  readonly #ownBuckets = new Set<number>();
  #client: pg.Client | undefined;
  #isHeld = false;
  #hasWaited = false;
  #hasHeld = false;

  private constructor(options: ShardLockOptions) {
    this.#options = options;
    const { clock, report } = options;
    const task = { name: 'locks of shards', clock, everyMs, longestRetryMs: everyMs, report };
    void runPeriodically({ ...task, run: () => this.#round() }, this.#over.signal);
  }

  /** Resolves once all locks are held. */
  static async open(options: ShardLockOptions, signal: AbortSignal): Promise<ShardLocks> {
    const locks = new ShardLocks(options);
    try {
      await unlessAborted(locks.#taken.promise, signal);
      return locks;
    } catch (error) {
      await locks[Symbol.asyncDispose]();
      throw error;
    }
  }

  /**
   * Takes a bucket of identifies for `ms`; false while it is used. Without the database it counts as free: Discord refuses
   * what is too early.
   */
  async takeBucket(bucket: number, ms: number): Promise<boolean> {
    const client = this.#client;
    if (this.#ownBuckets.has(bucket)) return false;
    if (!client || !this.#isHeld) return true;
    this.#ownBuckets.add(bucket);
    const lock = `(${lockClass}, ${buckets + bucket})`;
    const isTaken = await client.query(`SELECT pg_try_advisory_lock${lock} AS taken`).then(
      ({ rows }) => rows[0]?.taken === true,
      () => true,
    );
    const free = () => {
      this.#ownBuckets.delete(bucket);
      if (this.#client === client)
        client.query(`SELECT pg_advisory_unlock${lock}`).catch(() => undefined);
    };
    if (isTaken) this.#options.clock.later(ms, free);
    else this.#ownBuckets.delete(bucket);
    return isTaken;
  }

  /** Gives all locks back. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#over.abort(new Error('the locks are given back'));
    const late = () => new Error('the database does not answer');
    const ended = this.#client?.end() ?? Promise.resolve();
    await within(ended, closeMs, this.#options.clock, late).catch(() => undefined);
  }

  async #round(): Promise<void> {
    try {
      const client = this.#client ?? (await this.#connect());
      if (this.#isHeld) await client.query('SELECT 1');
      else await this.#take(client);
    } catch (error) {
      this.#drop(this.#client);
      throw asPostgresTrouble(placeOf(this.#options.url), error);
    }
  }

  async #connect(): Promise<pg.Client> {
    const { clock, url } = this.#options;
    const options = connectionOptions({ url, applicationName: this.#name });
    const client = new pg.Client({ ...options, query_timeout: answerMs });
    client.on('error', () => undefined); // its end follows
    client.once('end', () => this.#drop(client));
    await client.connect();
    this.#client = client;
    if (this.#hasWaited) await clock.sleep(ownerFirstMs, this.#over.signal).catch(() => undefined);
    if (this.#over.signal.aborted) this.#drop(client);
    return client;
  }

  #drop(client: pg.Client | undefined): void {
    if (this.#client !== client) return;
    this.#client = undefined;
    this.#isHeld = false;
    client?.end().catch(() => undefined);
  }

  /** Takes all locks or none: who takes some goes through the gate alone, so that what is free there stays free. */
  async #take(client: pg.Client): Promise<void> {
    const { count, first, last, onLost, onWait } = this.#options;
    const others = `SELECT id, name FROM (${heldLocks}) AS held WHERE id BETWEEN ${first} AND ${last}
      OR id BETWEEN ${numbers} AND ${buckets - 1} AND id <> ${numbers + count}`;
    // One transaction, as it is one message.
    const results: unknown =
      await client.query(`SELECT pg_advisory_xact_lock(${lockClass}, ${gate});
      ${others} ORDER BY id DESC LIMIT 1;
      SELECT pg_advisory_lock_shared(${lockClass}, ${numbers + count}), pg_advisory_lock(${lockClass}, id)
        FROM generate_series(${first}, ${last}) AS id WHERE NOT EXISTS (${others})`);
    const [, found, taken] = results as pg.QueryResult<Holder>[]; // one for each of its statements
    if (taken?.rowCount) {
      this.#isHeld = this.#hasHeld = true;
      this.#taken.resolve();
      return;
    }
    const other = found?.rows[0];
    // After a lost connection the server may still know this very process by it.
    if (!other || other.name === this.#name) return;
    const who = processNameOf(other.name);
    const why =
      other.id < numbers
        ? `shard ${other.id} is served by ${who}`
        : `${who} has SHARDS=${other.id - numbers}, and this one ${count}`;
    if (this.#hasHeld) {
      this.#over.abort(new Error('another process has the locks'));
      onLost(`While the database was away, another process took over: ${why}; this one ends.`);
    } else if (!this.#hasWaited) onWait(why);
    this.#hasWaited = true;
  }
}
