import type { GuildId, PersonId } from '#src/base/ids.ts';

/** Name in place of a server, for the sum of all servers. */
export const allServers = 'all';

/** A server, or all of them together. */
export type SpendingScope = GuildId | typeof allServers;

/** Daily amount of a server, or of one person there. */
export type SpendingEntry = {
  readonly guildId: SpendingScope;
  readonly personId?: PersonId;
  readonly day: string;
  readonly nanoUsd: number;
  readonly turns: number;
};

/** Keeps spending across restarts. */
export interface SpendingStore {
  /** Reads the entries of a UTC day, as in `2026-11-20`. Throws BotError `store.unreadable`. */
  read(day: string): Promise<readonly SpendingEntry[]>;
  /** Adds sums, and deletes days not next to `day`. Throws BotError `store.unwritable`. */
  add(entries: readonly SpendingEntry[], day: string): Promise<void>;
}
