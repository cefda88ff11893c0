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
  /** True where the former owner may still serve: its session must be over before a new one begins. */
  readonly mustEndFormer: boolean;
  /** Asked before a connection that closed is made anew; false: this process has no lease any more. */
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

/** Identifies that Discord still allows. */
export type StartLimit = {
  readonly total: number;
  readonly remaining: number;
  readonly resetAfterMs: number;
};

/** What Discord says of its gateway: how many shards it recommends, and how many may identify at a time. */
export type GatewayLimits = {
  readonly recommendedShards: number;
  /** Shards whose ids differ modulo this number may identify at the same time. */
  readonly maxConcurrency: number;
  /** Absent where a server other than Discord leaves it out. */
  readonly startLimit?: StartLimit;
};

/** Why a shard is not served any more; `given-up`: its lease could not be renewed, `lost`: another process has it. */
export type StopReason = 'handover' | 'lost' | 'given-up' | 'drained' | 'failed';

/** Changes of shards for the operator. */
export type ShardNews =
  /** Every shard is served by other processes. */
  | { readonly kind: 'waiting'; readonly count: number; readonly processes: number }
  /** Nobody may take these. */
  | { readonly kind: 'unserved'; readonly count: number; readonly free: number }
  | { readonly kind: 'taken'; readonly shardId: number; readonly epoch: number }
  | { readonly kind: 'served'; readonly shardId: number; readonly tookMs: number }
  | { readonly kind: 'stopped'; readonly shardId: number; readonly why: StopReason }
  | { readonly kind: 'away' | 'failed'; readonly shardId?: number; readonly error: unknown }
  /** Discord's limit of identifies is nearly used up. */
  | { readonly kind: 'spent'; readonly waitMs: number }
  /** The last starts did not end in order. */
  | { readonly kind: 'crashing'; readonly starts: number; readonly waitMs: number }
  /** The number of shards was changed, or another process goes by this one's name: it must start anew. */
  | { readonly kind: 'outdated' };

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
