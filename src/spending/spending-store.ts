/** Id in place of a server's for the sum of all servers, where the operator has set a cap over them. */
export const allServers = 'all';

/** Amounts of one day for a server; with `personId` the part of one person there. */
export type SpendingEntry = {
  readonly guildId: GuildId;
  readonly personId?: PersonId;
  /** Date in UTC, as in `2026-11-20`. */
  readonly day: string;
  /** Billionths of a dollar. */
  readonly nanoUsd: number;
  readonly turns: number;
};

/** Remembers across restarts what was spent; storage implements it. */
export interface SpendingStore {
  /** Reads the sums of `day`. Errors: BotError `store.unreadable`. */
  read(day: string): Promise<readonly SpendingEntry[]>;
  /** Adds to what is there, and deletes the days that are not next to `day`, which is now. Errors: BotError `store.unwritable`. */
  add(entries: readonly SpendingEntry[], day: string): Promise<void>;
}
