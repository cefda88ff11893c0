/** Gateway session, as any process can resume it. */
export type GatewaySessionInfo = {
  readonly sessionId: string;
  readonly resumeUrl: string;
  /** Sequence number of the last event that was received. */
  readonly sequence: number;
};

/** Whether an interaction is this process's to answer; `unknown` where the database does not answer in time. */
export type InteractionClaim = 'mine' | 'taken' | 'unknown';

/** Shared state for a process that shares its shards with others. */
export interface ShardSharing {
  /** The session of the former owner, where there is one to be resumed. */
  readonly former?: GatewaySessionInfo;
  /** True where the former owner may still serve: its session must be over before a new one begins. */
  readonly mustEndFormer: boolean;
  /** Asked before a connection that closed is made anew; false: this process has no lease any more. */
  mayReconnect(): Promise<boolean>;
  sessionChanged(session: GatewaySessionInfo): void;
  /** Keeps the place in the session: later events of the gateway are sent again to the next owner. */
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
  /** Waits for permission to identify, before each one. Aborting `signal` throws its reason. */
  waitToIdentify(signal: AbortSignal): Promise<void>;
}

/** Identifies that Discord still allows. */
export type StartLimit = {
  readonly total: number;
  readonly remaining: number;
  readonly resetAfterMs: number;
};

/** Limits of Discord's gateway: recommended number of shards, and identifies at a time. */
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
  /** No process may take these. */
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
  /** Starts the shards that are due at first. Errors: as `ShardHost.start`. */
  open(host: ShardHost, signal: AbortSignal): Promise<void>;
  /** True while other processes serve every shard. */
  isSpare(): boolean;
  /** Name of the other process that serves this server, as of a moment ago; undefined: this one does, or none. */
  ownerOf(guildId: string): string | undefined;
}

/** Lease of one shard as every process sees it. Without an owner it was given back, and any process may take it. */
export type ShardRow = {
  readonly id: number;
  /** Grows each time the shard is taken. */
  readonly epoch: number;
  readonly ownerId?: string;
  /** End of the lease by the clock of the database, in ms. */
  readonly untilMs?: number;
  /** Time left, in ms; not above 0: the lease has run out. */
  readonly leftMs?: number;
};

/** Process that lives now, as far as the database knows. */
export type ProcessRow = {
  /** Stays the same when the process is started again. */
  readonly id: string;
  /** Host and process id, for people. */
  readonly name: string;
  /** Most shards it takes. */
  readonly limit: number;
};

export type RegisteredProcess = ProcessRow & {
  readonly version: string;
  readonly botId: string;
  /** Number of shards it was told to have; absent: the agreed one, or what Discord recommends. */
  readonly wantedCount?: number;
  readonly recommendedCount: number;
  readonly startLimit?: StartLimit;
};

/** Lease of this process, with the place in its gateway session where there is one to be stored. */
export type OwnLease = {
  readonly shardId: number;
  readonly epoch: number;
  readonly session?: GatewaySessionInfo;
};

/** One statement renews every lease of a process. */
export type Renewal = {
  readonly leases: readonly OwnLease[];
  /** Whether it was told last that it is alone: then it may serve on without a lease. */
  readonly believesAlone: boolean;
  /** Most shards it takes; 0 while it ends. */
  readonly limit: number;
};

export type RegistryView = {
  /** Ids of own shards whose leases were renewed. */
  readonly renewedIds: ReadonlySet<number>;
  /** True where no other process lives. */
  readonly isAlone: boolean;
  /** Other processes. */
  readonly processes: readonly ProcessRow[];
  readonly shards: readonly ShardRow[];
};

/** Lease that was taken, with the session of the former owner where there is one to be resumed. */
export type TakenShard = OwnLease & {
  /** True where the former owner was alone when it was last heard of: it may serve on without a lease. */
  readonly mustFence: boolean;
};

/** Answer to who wants to identify: `spent` waits for Discord's daily limit, `lost` owns the shard no more. */
export type IdentifyAnswer =
  | { readonly kind: 'granted' | 'lost' }
  | { readonly kind: 'wait' | 'spent'; readonly waitMs: number };

/** Leases of shards in the database that all processes of a bot share. Errors: BotError `store.*`, after 1.5 s at most. */
export interface ShardRegistry {
  /** The agreed number of shards. Errors: BotError `shards.*` where this process does not belong to the others. */
  register(process: RegisteredProcess): Promise<number>;
  /** Undefined where the process is not registered any more: another one goes by its name. */
  renew(renewal: Renewal): Promise<RegistryView | undefined>;
  /** Takes those that still have this epoch and were given back, have run out, or are this process's by name. */
  acquire(shards: readonly Pick<ShardRow, 'id' | 'epoch'>[]): Promise<readonly TakenShard[]>;
  giveBack(lease: OwnLease): Promise<void>;
  /** After `granted` no session of the shard can be resumed until one is stored again. */
  identify(lease: OwnLease, bucket: number): Promise<IdentifyAnswer>;
  /** Never throws, and takes 300 ms at most. */
  claim(interactionId: string): Promise<InteractionClaim>;
  /** Gives everything back: this process ends. */
  leave(): Promise<void>;
}
