import type { GatewaySessionInfo, InteractionClaim } from './ownership.ts';

/** Row of one shard as every process sees it. */
export type ShardRow = {
  readonly id: number;
  /** Grows each time the shard changes its owner. */
  readonly epoch: number;
  /** The process that took it last. */
  readonly ownerId?: string;
  /** Whose lock it is now. */
  readonly lock: 'free' | 'mine' | 'other';
  /** True where its last owner may still be connected to Discord: it did not end in order. */
  readonly isActive: boolean;
};

/** A process that lives now: its connection to the database is open. */
export type ProcessRow = {
  readonly id: string;
  /** For people: where it runs. */
  readonly name: string;
  /** Most shards it takes. */
  readonly limit: number;
};

/** What one look at the database tells. */
export type RegistryView = {
  /** Time, in ms, for which the database server has been running. */
  readonly serverUpMs: number;
  readonly processes: readonly ProcessRow[];
  readonly shards: readonly ShardRow[];
};

/** A process as it introduces itself. */
export type RegisteredProcess = ProcessRow & {
  readonly version: string;
  readonly botId: string;
  /** Number of shards it was told to have; absent: as many as the others have, or as Discord recommends. */
  readonly wantedCount?: number;
  readonly recommendedCount: number;
};

/** A shard whose lock has just been got, with what its row said before. */
export type TakenShard = {
  readonly epoch: number;
  readonly formerEpoch: number;
  readonly isActive: boolean;
  readonly session?: GatewaySessionInfo;
};

/** Locks of shards, held by one connection and freed by the database as soon as that is gone. Errors: BotError `store.*`. */
export interface ShardLocks {
  /** Undefined where another connection holds the lock. */
  take(shardId: number): Promise<TakenShard | undefined>;
  /**
   * Gets back a lock that went with a former connection. `lost`: another process had it meanwhile; `busy`: that former
   * connection still holds it, and is being ended.
   */
  retake(shardId: number, epoch: number): Promise<'ours' | 'lost' | 'busy'>;
  /** `isOver`: nobody of this process or before it is connected to Discord for this shard. */
  release(shardId: number, epoch: number, isOver: boolean): Promise<void>;
  /**
   * Asks for an identify: 0 where it may be sent now, else the time in ms to wait first; undefined where the shard is not
   * this connection's any more. From a 0 on no session of the shard can be resumed until one is saved again.
   */
  identify(shardId: number, epoch: number, bucket: number): Promise<number | undefined>;
}

/** One connection to the database that all processes share. */
export interface RegistryConnection extends AsyncDisposable {
  readonly locks: ShardLocks;
  /** Resolves once the connection is gone. */
  readonly ended: Promise<void>;
  /** Number of shards. Errors: BotError `shards.*` where this process does not belong to the others; `store.*`. */
  register(process: RegisteredProcess): Promise<number>;
  look(): Promise<RegistryView>;
}

/** What is kept of shards beside their locks. */
export interface ShardJournal {
  /** Errors: BotError `store.unwritable`. Nothing is written for another epoch than the present one. */
  saveSession(shardId: number, epoch: number, session: GatewaySessionInfo): Promise<void>;
  /** Never throws, and takes 300 ms at most. */
  claim(interactionId: string): Promise<InteractionClaim>;
}

/** The database that all processes of a bot share. */
export interface ShardRegistry {
  readonly journal: ShardJournal;
  /** Errors: BotError `store.*`. */
  connect(processId: string): Promise<RegistryConnection>;
}
