import type { SpendingEntry } from '#src/spending/spending-store.ts';

/** Amount that a process put aside for answers that run, of one server and, where one is to pay, of one person. */
export type SharedReserve = {
  readonly guildId: string;
  readonly personId?: string;
  readonly nanoUsd: number;
};

/** Spending report of a process about some servers. */
export type SpendingReport = {
  /** UTC day, as in `2026-11-20`. */
  readonly day: string;
  readonly guildIds: readonly string[];
  /** To be added. */
  readonly entries: readonly SpendingEntry[];
  /** All that this process has put aside there now. */
  readonly reserves: readonly SharedReserve[];
};

/** Spending of all processes together in these servers, and reserves of the others. */
export type SharedStanding = {
  /** Spending of that day. */
  readonly entries: readonly SpendingEntry[];
  readonly reserves: readonly SharedReserve[];
};

/** A store that several processes spend from; storage implements it. */
export interface SharedSpending {
  /** True while the store cannot be reached: an exchange then takes until it can. */
  readonly isAway: boolean;
  /**
   * Adds what was spent, notes what is put aside, and tells what there is then, as one step: of two processes that do it at a
   * time for one server, the later one is told of the earlier one. What a process has put aside is free again 5 minutes
   * after its last report. Errors: BotError `store.unwritable`.
   */
  exchange(report: SpendingReport): Promise<SharedStanding>;
}
