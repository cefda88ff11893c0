import type { GatewaySessionInfo, InteractionClaim, StartLimit } from './ownership.ts';

/** Lease of one shard as every process sees it. Without an owner it was given back, and anybody may take it. */
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

export type TakenShard = {
  readonly shardId: number;
  readonly epoch: number;
  /** Session of the former owner, to be resumed. */
  readonly session?: GatewaySessionInfo;
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
  take(
    shards: readonly { readonly id: number; readonly epoch: number }[],
  ): Promise<readonly TakenShard[]>;
  giveBack(lease: OwnLease): Promise<void>;
  /** After `granted` no session of the shard can be resumed until one is stored again. */
  identify(lease: OwnLease, bucket: number): Promise<IdentifyAnswer>;
  /** Never throws, and takes 300 ms at most. */
  claim(interactionId: string): Promise<InteractionClaim>;
  /** Gives everything back: this process ends. */
  leave(): Promise<void>;
}
