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
