/** Discord takes 120 gateway messages a minute for all servers of a shard together: half are for joins. */
const shardJoinsPerMinute = 60;
/** Limits of one server. */
const [apartMs, joinsPerMinute] = [500, 12];
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

  plan(joinAtMs: number): void {
    this.#joinsAtMs = [...this.#joinsAtMs, joinAtMs].sort((a, b) => a - b);
  }
}

/** When one server's next op 4 may join: half a second after the last one, twelve joins a minute. */
export class SignalPace {
  readonly #shard: ShardPace;
  #lastMs = Number.NEGATIVE_INFINITY;
  #joinedAtMs: number[] = [];
  #restedAtMs = Number.NEGATIVE_INFINITY;
  #restMs = 0;

  constructor(shard: ShardPace) {
    this.#shard = shard;
  }

  /** Reserves the time of its join within the shard. */
  plan(joinAtMs: number): void {
    this.#shard.plan(joinAtMs);
  }

  /** 0: now. */
  waitMs(atMs: number): number {
    this.#joinedAtMs = this.#joinedAtMs.filter((joined) => atMs - joined < 60_000);
    const first = this.#joinedAtMs.at(-joinsPerMinute) ?? Number.NEGATIVE_INFINITY;
    const freeAtMs = Math.max(this.#lastMs + apartMs, first + 60_000, this.#restedAtMs);
    return Math.max(0, freeAtMs - atMs, this.#shard.waitMs(atMs));
  }

  /** Part of it that Discord asked for. */
  restMs(atMs: number): number {
    return Math.max(0, this.#restedAtMs - atMs);
  }

  /** Leaving is never made to wait. */
  sent(what: 'join' | 'leave', atMs: number): void {
    this.#lastMs = atMs;
    if (what === 'join') this.#joinedAtMs.push(atMs);
  }

  /** Discord asked for rest: nothing joins for a minute, twice as long each time, a quarter of an hour at most. */
  rest(atMs: number): void {
    const isNew = atMs - this.#restedAtMs > longestRestMs;
    this.#restMs = isNew ? firstRestMs : Math.min(longestRestMs, this.#restMs * 2);
    this.#restedAtMs = atMs + this.#restMs;
  }
}
