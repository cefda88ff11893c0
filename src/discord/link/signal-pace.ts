/**
 * Half of the 120 messages a minute that Discord takes for all servers of a shard are for joins:
 * https://docs.discord.com/developers/events/gateway#rate-limiting
 */
const shardJoinsPerMinute = 60;
const apartMs = 500;
const [firstRestMs, longestRestMs] = [60_000, 900_000];

export type ShardPace = ReturnType<typeof createShardPace>;

/** Rate limit of the joins of all servers of one shard. */
export function createShardPace() {
  let joinsAtMs: number[] = [];

  return {
    /** Returns the wait until the next join, in ms. */
    waitMs(atMs: number): number {
      joinsAtMs = joinsAtMs.filter((joinAtMs) => atMs - joinAtMs < 60_000);
      const first = joinsAtMs.at(-shardJoinsPerMinute) ?? Number.NEGATIVE_INFINITY;
      return Math.max(0, first + 60_000 - atMs);
    },

    planJoin(joinAtMs: number) {
      joinsAtMs = [...joinsAtMs, joinAtMs].sort((a, b) => a - b);
    },
  };
}

export type SignalPace = ReturnType<typeof createSignalPace>;

/** Rate limit of the joins of one server. */
export function createSignalPace() {
  let lastMs = Number.NEGATIVE_INFINITY;
  let restedAtMs = Number.NEGATIVE_INFINITY;
  let restMs = 0;

  /** Returns the rest that Discord asked for, in ms. */
  function getRestMs(atMs: number): number {
    return Math.max(0, restedAtMs - atMs);
  }

  return {
    /** Returns the wait until the next signal, in ms. */
    waitMs(atMs: number): number {
      return Math.max(lastMs + apartMs - atMs, getRestMs(atMs));
    },

    getRestMs,

    noteSent(atMs: number) {
      lastMs = atMs;
    },

    /** Starts a rest. Each doubles, up to a quarter of an hour. */
    startRest(atMs: number) {
      const isNew = atMs - restedAtMs > longestRestMs;
      restMs = isNew ? firstRestMs : Math.min(longestRestMs, restMs * 2);
      restedAtMs = atMs + restMs;
    },
  };
}
