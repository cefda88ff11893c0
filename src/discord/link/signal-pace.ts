/**
 * Half of the 120 messages a minute that Discord takes for all servers of a shard are for joins:
 * https://docs.discord.com/developers/events/gateway#rate-limiting
 */
const shardJoinsPerMinute = 60;
/** Least time, in ms, between two messages of one server. */
const apartMs = 500;
/** First rest after 4021, and longest rest, in ms. */
const [firstRestMs, longestRestMs] = [60_000, 900_000];

/** Rate limit of the joins of all servers of one shard: 60 a minute. Each takes its place when it is planned. */
export class ShardPace {
  #joinsAtMs: number[] = [];

  /** 0: now. */
  waitMs(atMs: number): number {
    this.#joinsAtMs = this.#joinsAtMs.filter((joinAtMs) => atMs - joinAtMs < 60_000);
    const first = this.#joinsAtMs.at(-shardJoinsPerMinute) ?? Number.NEGATIVE_INFINITY;
    return Math.max(0, first + 60_000 - atMs);
  }

  planJoin(joinAtMs: number): void {
    this.#joinsAtMs = [...this.#joinsAtMs, joinAtMs].sort((a, b) => a - b);
  }
}

/** When one server's next join may leave: half a second after its last message, and after the rest that Discord asked for. */
export class SignalPace {
  #lastMs = Number.NEGATIVE_INFINITY;
  #restedAtMs = Number.NEGATIVE_INFINITY;
  #getRestMs = 0;

  /** 0: now. */
  waitMs(atMs: number): number {
    return Math.max(this.#lastMs + apartMs - atMs, this.getRestMs(atMs));
  }

  /** Part of it that Discord asked for. */
  getRestMs(atMs: number): number {
    return Math.max(0, this.#restedAtMs - atMs);
  }

  /** A message of this server left. Leaving is never made to wait. */
  noteSent(atMs: number): void {
    this.#lastMs = atMs;
  }

  /** Discord asked for rest: nothing joins for a minute, twice as long each time, a quarter of an hour at most. */
  startRest(atMs: number): void {
    const isNew = atMs - this.#restedAtMs > longestRestMs;
    this.#getRestMs = isNew
      ? firstRestMs
      : Math.min(longestRestMs, this.#getRestMs * 2);
    this.#restedAtMs = atMs + this.#getRestMs;
  }
}
