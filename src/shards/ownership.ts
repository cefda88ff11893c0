/** How a gateway session can be taken up again, by any process. */
export type GatewaySessionInfo = {
  readonly sessionId: string;
  readonly resumeUrl: string;
  /** Of the last event that was received. */
  readonly sequence: number;
};

/** Whether an interaction is this process's to answer; `unknown` where the database does not answer in time. */
export type InteractionClaim = 'mine' | 'taken' | 'unknown';

/** What a process that shares its shards with others has to ask and to keep. */
export interface ShardSharing {
  /** The session of the former owner, where there is one to be resumed. */
  readonly former?: GatewaySessionInfo;
  /** Asked before a connection that closed is made anew; false: this process stops serving the shard. */
  mayReconnect(): Promise<boolean>;
  sessionChanged(session: GatewaySessionInfo): void;
  /** The place in the session stays where it is: what the gateway tells from now on is told again to the next owner. */
  keepPlace(): void;
  /** Never throws. */
  claim(interactionId: string): Promise<InteractionClaim>;
}

/** A share of the servers that this process serves: `(server id >> 22) mod count` is `id`. */
export interface OwnedShard {
  readonly id: number;
  readonly count: number;
  /** Number of shards that Discord recommended when this process asked. */
  readonly recommendedCount: number;
  /** Absent where this process is alone. */
  readonly sharing?: ShardSharing;
  /** To be awaited before each identify. Aborting `signal` throws its reason. */
  waitToIdentify(signal: AbortSignal): Promise<void>;
}

/** What Discord says of its gateway: how many shards it recommends, and how many may identify at a time. */
export type GatewayLimits = {
  readonly recommendedShards: number;
  /** Shards whose ids differ modulo this number may identify at the same time. */
  readonly maxConcurrency: number;
};

/** Why a shard is not served any more. */
export type StopReason = 'handover' | 'lost' | 'given-up' | 'unconfirmed' | 'drained' | 'failed';

/** Serves shards, as it is told which are its own. */
export interface ShardHost {
  /** Resumes the session of the former owner, who is closed by that. */
  fence(shard: OwnedShard): Promise<'resumed' | 'refused'>;
  /** Resolves when the shard is served. Errors: as logging in to Discord. */
  start(shard: OwnedShard): Promise<void>;
  /** Resolves when it is served no more. Never throws. */
  stop(shardId: number, why: StopReason): Promise<void>;
  /** Seats in voice channels, by shard that is served. */
  seats(): ReadonlyMap<number, number>;
}

/** Decides which shards this process serves. */
export interface ShardOwnership extends AsyncDisposable {
  /** Starts what is due at first. Errors: as `ShardHost.start`. */
  open(host: ShardHost, signal: AbortSignal): Promise<void>;
  /** True while other processes serve every shard. */
  isSpare(): boolean;
  /** Name of the other process that serves this server, as of a moment ago; undefined: this one does, or none. */
  ownerOf(guildId: string): string | undefined;
}

/** Id of the shard whose gateway tells of a server. Source: Discord docs, "Sharding Formula". */
export function shardOf(guildId: string, count: number): number {
  if (count <= 1 || !/^\d+$/.test(guildId)) return 0;
  return Number((BigInt(guildId) >> 22n) % BigInt(count));
}

/** Whether the gateway of this shard tells of a server. */
export function isOnShard(
  guildId: string,
  { id, count }: Pick<OwnedShard, 'id' | 'count'>,
): boolean {
  return shardOf(guildId, count) === id;
}
