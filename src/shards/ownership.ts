/** A share of the servers that this process serves: `(server id >> 22) mod count` is `id`. */
export interface OwnedShard {
  readonly id: number;
  readonly count: number;
  /** Number of shards that Discord recommended when this process asked. */
  readonly recommendedCount: number;
  /** To be awaited before each identify. Aborting `signal` throws its reason. */
  waitToIdentify(signal: AbortSignal): Promise<void>;
}

/** What Discord says of its gateway: how many shards it recommends, and how many may identify at a time. */
export type GatewayLimits = {
  readonly recommendedShards: number;
  /** Shards whose ids differ modulo this number may identify at the same time. */
  readonly maxConcurrency: number;
};

/** Serves shards, as it is told which are its own. */
export interface ShardHost {
  /** Resolves when the shard is served. Errors: as logging in to Discord. */
  start(shard: OwnedShard): Promise<void>;
  /** Resolves when it is served no more. */
  stop(shardId: number): Promise<void>;
}

/** Decides which shards this process serves. */
export interface ShardOwnership {
  /** Starts what is due at first. Errors: as `ShardHost.start`. */
  open(host: ShardHost, signal: AbortSignal): Promise<void>;
}

/** Id of the shard whose gateway tells of a server. Source: Discord docs, "Sharding Formula". */
export function shardOf(guildId: string, count: number): number {
  if (count <= 1 || !/^\d+$/.test(guildId)) return 0;
  return Number((BigInt(guildId) >> 22n) % BigInt(count));
}
