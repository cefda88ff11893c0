import type { Clock } from '#src/base/clock.ts';
import type { GatewaySessionInfo, InteractionClaim } from '#src/shards/ownership.ts';
import type { ShardJournal } from '#src/shards/shard-registry.ts';
import type { PostgresPool } from '#src/storage/postgres/pool.ts';

/** Discord waits 3 s for an answer: one that the database does not decide soon is decided by Discord itself. */
const claimMs = 300;
/** Longest time, in ms, for keeping a session. */
const saveMs = 2_000;
/** How often, in ms, claims of more than an hour ago are deleted. */
const purgeMs = 600_000;

/** Sessions and claims of interactions, over the pool of the store. */
export class PostgresShardJournal implements ShardJournal {
  readonly #pool: PostgresPool;
  readonly #clock: Clock;
  readonly #processId: string;
  #purgeAtMs: number;

  constructor(pool: PostgresPool, clock: Clock, processId: string) {
    this.#pool = pool;
    this.#clock = clock;
    this.#processId = processId;
    this.#purgeAtMs = clock.nowMs() + purgeMs;
  }

  async saveSession(shardId: number, epoch: number, session: GatewaySessionInfo): Promise<void> {
    const { sessionId, resumeUrl, sequence } = session;
    const sql = `UPDATE shards
      SET session_id = $1, resume_url = $2, sequence = $3, session_at = clock_timestamp()
      WHERE shard_id = $4 AND epoch = $5 AND process_id = $6`;
    const values = [sessionId, resumeUrl, sequence, shardId, epoch, this.#processId];
    await this.#pool.write((connection) => connection.run(sql, values), saveMs);
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

  #purgeSometimes(): void {
    const nowMs = this.#clock.nowMs();
    if (nowMs < this.#purgeAtMs) return;
    this.#purgeAtMs = nowMs + purgeMs;
    const sql = "DELETE FROM interactions WHERE at < clock_timestamp() - interval '1 hour'";
    this.#pool.write((connection) => connection.run(sql)).catch(() => undefined); // the next time
  }
}
