/** A share of the servers that this process serves: `(server id >> 22) mod count` is `id`. */
export interface OwnedShard {
  readonly id: number;
  readonly count: number;
  /** Number of shards that Discord recommended when this process asked. */
  readonly recommendedCount: number;
  /** Waits until this shard may log in. Call this before each identify. */
  waitToIdentify(signal: AbortSignal): Promise<void>;
}
