/**
 * Half of the 120 messages a minute that Discord takes for all servers of a shard are for joins:
 * https://docs.discord.com/developers/events/gateway#rate-limiting
 */
const shardJoinsPerMinute = 60;
const minGapMs = 500;
const [firstRestMs, maxRestMs] = [60_000, 900_000];

/** Rate limit of the joins of all servers of one shard. */
export class ShardPace {
  #joinsAtMs: readonly number[] = [];

  /** Returns the wait until the next join, in ms. */
  waitMs(atMs: number): number {
    this.#joinsAtMs = this.#joinsAtMs.filter((joinAtMs) => atMs - joinAtMs < 60_000);
    const limitingJoinAtMs =
      this.#joinsAtMs.at(-shardJoinsPerMinute) ?? Number.NEGATIVE_INFINITY;
    return Math.max(0, limitingJoinAtMs + 60_000 - atMs);
  }

  /** Counts a join, which may lie in the future. */
  planJoin(joinAtMs: number): void {
    this.#joinsAtMs = [...this.#joinsAtMs, joinAtMs].sort((a, b) => a - b);
  }
}

/** Rate limit of the joins of one server. */
export class SignalPace {
  #sentAtMs = Number.NEGATIVE_INFINITY;
  #restedAtMs = Number.NEGATIVE_INFINITY;
  #restMs = 0;

  /** Returns the wait until the next signal, in ms. */
  waitMs(atMs: number): number {
    return Math.max(this.#sentAtMs + minGapMs - atMs, this.getRestMs(atMs));
  }

  /** Returns the rest that Discord asked for, in ms. 0 after its end. */
  getRestMs(atMs: number): number {
    return Math.max(0, this.#restedAtMs - atMs);
  }

  /** Notes a signal. The next one waits for half a second. */
  noteSent(atMs: number): void {
    this.#sentAtMs = atMs;
  }

  /** Starts a rest. Each doubles, up to a quarter of an hour. */
  startRest(atMs: number): void {
    const isNew = atMs - this.#restedAtMs > maxRestMs;
    this.#restMs = isNew ? firstRestMs : Math.min(maxRestMs, this.#restMs * 2);
    this.#restedAtMs = atMs + this.#restMs;
  }
}
