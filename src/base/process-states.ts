/** Process of this bot, as an operator sees it. */
export type ProcessState = {
  /** Host and process id. */
  readonly name: string;
  readonly version: string;
  readonly isOwn: boolean;
  /** Time, in ms, since its start, and since it last renewed its leases. */
  readonly ageMs: number;
  readonly silentMs: number;
  /** Ids of the shards that are leased to it. */
  readonly shards: readonly number[];
  /** Its last summary, as JSON has it; absent: it has written none. */
  readonly summary?: unknown;
};

/** Every process of this bot, and the number of its shards. */
export type ProcessStates = {
  readonly shardCount: number;
  readonly processes: readonly ProcessState[];
};
