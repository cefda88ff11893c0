/** A shard that this process has, or is about to have. */
export type HeldShard = {
  readonly phase: 'taking' | 'fencing' | 'waiting' | 'serving' | 'leaving';
  readonly epoch: number;
  /** Whether its lock is held on the present connection; unknown after that was lost. */
  readonly isLocked: boolean;
  readonly lockedAtMs: number;
  /** When the look that confirmed the lock last was sent. */
  readonly confirmedAtMs: number;
  /** True where the former owner may still be connected to Discord. */
  readonly mustFence: boolean;
};

/** What one process knows of its shards. */
export type Ownership = {
  readonly processId: string;
  readonly limit: number;
  readonly isConnected: boolean;
  readonly isDraining: boolean;
  /** From when on shards are taken that another process had; absent before the first connection. */
  readonly takesFromAtMs?: number;
  /** Until when nothing is taken: a shard could not be served. */
  readonly restsUntilMs?: number;
  readonly shards: ReadonlyMap<number, HeldShard>;
  /** Epochs that this process has ended itself, by shard: nobody is left to be fenced. */
  readonly ended: ReadonlyMap<number, number>;
  /** Since when each free shard has been seen free. */
  readonly freeAtMs: ReadonlyMap<number, number>;
  /** Since when shares have been unequal at this process's expense. */
  readonly unequalAtMs?: number;
};

export function newOwnership(processId: string, limit: number): Ownership {
  return {
    processId,
    limit,
    isConnected: false,
    isDraining: false,
    shards: new Map(),
    ended: new Map(),
    freeAtMs: new Map(),
  };
}

export function mapped(
  own: Ownership,
  change: (held: HeldShard, shardId: number) => HeldShard,
): Ownership {
  return { ...own, shards: new Map([...own.shards].map(([id, held]) => [id, change(held, id)])) };
}

export function withShard(own: Ownership, shardId: number, held: HeldShard): Ownership {
  return { ...own, shards: new Map(own.shards).set(shardId, held) };
}

export function withPhase(own: Ownership, shardId: number, phase: HeldShard['phase']): Ownership {
  const held = own.shards.get(shardId);
  return held ? withShard(own, shardId, { ...held, phase }) : own;
}

export function without(own: Ownership, shardId: number): Ownership {
  return { ...own, shards: new Map([...own.shards].filter(([id]) => id !== shardId)) };
}

export function withoutPhase(own: Ownership, phase: HeldShard['phase']): Ownership {
  return { ...own, shards: new Map([...own.shards].filter(([, held]) => held.phase !== phase)) };
}
