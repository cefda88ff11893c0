/**
 * Half of the 120 messages a minute that Discord takes for all servers of a shard are for joins:
 * https://docs.discord.com/developers/events/gateway#rate-limiting
 */
const shardJoinsPerMinute = 60;
const apartMs = 500;
const [firstRestMs, longestRestMs] = [60_000, 900_000];

/** Rate limit of the joins of all servers of one shard. */
export class ShardPace {
  #joinsAtMs: number[] = [];

  /** Returns the wait until the next join, in ms. */
  waitMs(atMs: number): number {
    this.#joinsAtMs = this.#joinsAtMs.filter((joinAtMs) => atMs - joinAtMs < 60_000);
    const first = this.#joinsAtMs.at(-shardJoinsPerMinute) ?? Number.NEGATIVE_INFINITY;
    return Math.max(0, first + 60_000 - atMs);
  }

  planJoin(joinAtMs: number) {
    this.#joinsAtMs = [...this.#joinsAtMs, joinAtMs].sort((a, b) => a - b);
  }
}

/** Rate limit of the joins of one server. */
export class SignalPace {
  #lastMs = Number.NEGATIVE_INFINITY;
  #restedAtMs = Number.NEGATIVE_INFINITY;
  #restMs = 0;

  /** Returns the wait until the next signal, in ms. */
  waitMs(atMs: number): number {
    return Math.max(this.#lastMs + apartMs - atMs, this.getRestMs(atMs));
  }

  /** Returns the rest that Discord asked for, in ms. */
  getRestMs(atMs: number): number {
    return Math.max(0, this.#restedAtMs - atMs);
  }

  noteSent(atMs: number) {
    this.#lastMs = atMs;
  }

  /** Starts a rest. Each doubles, up to a quarter of an hour. */
  startRest(atMs: number) {
    const isNew = atMs - this.#restedAtMs > longestRestMs;
    this.#restMs = isNew ? firstRestMs : Math.min(longestRestMs, this.#restMs * 2);
    this.#restedAtMs = atMs + this.#restMs;
  }
}
