import type { GuildId, PersonId } from '#src/base/ids.ts';

/** A server, or one person there, on a UTC day such as `2026-11-20`. */
export type SpendingKey = {
  readonly guildId: GuildId;
  readonly personId?: PersonId;
  readonly day: string;
};

/** Daily amount of a server, or of one person there. */
export type SpendingEntry = SpendingKey & {
  readonly nanoUsd: number;
  readonly turns: number;
};

/** Money that this run may spend beside its stored sums. If the run is killed, it counts as spent for the rest of its day. */
export type Portion = SpendingKey & { readonly nanoUsd: number };

export type PortionRequest = Portion & {
  /** Part that requests hold already. It is granted in any case. */
  readonly usedNanoUsd: number;
};

/** Amounts that are stored together. */
export type SpendingWrite = {
  /** Present UTC day. */
  readonly day: string;
  readonly entries: readonly SpendingEntry[];
  /** Replace the portions of this run with the same key. The first ones get what is left of the cap. */
  readonly portions: readonly PortionRequest[];
  /** Daily cap of all servers in billionths of a dollar. 0 means none. */
  readonly capNanoUsd: number;
};

export type SpendingStanding = {
  /** Granted portions, in the order of the requests. */
  readonly portions: readonly Portion[];
  /** Billionths of a dollar that all servers spent today, with portions of other runs. */
  readonly takenNanoUsd: number;
  /** Billionths of a dollar that no run has taken today. Infinite without a cap. */
  readonly leftNanoUsd: number;
};

/** Keeps spending across restarts. Each opened store is one run. */
export interface SpendingStore {
  /** Reads the sums of a UTC day. Portions of other runs count as spent. Throws BotError `store.unreadable`. */
  read(day: string): Promise<readonly SpendingEntry[]>;
  /**
   * Adds sums, sets portions of this run within the cap, and deletes days before yesterday, atomically. Throws BotError
   * `store.unwritable`.
   */
  write(write: SpendingWrite): Promise<SpendingStanding>;
}
