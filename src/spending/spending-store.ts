import type { GuildId, PersonId } from '#src/base/ids.ts';

export const allServers = 'all';

/** Daily amount of a server, or of one person there. */
export type SpendingEntry = {
  readonly guildId: GuildId;
  readonly personId?: PersonId;
  readonly day: string;
  readonly nanoUsd: number;
  readonly turns: number;
};

/** Keeps spending across restarts. */
export interface SpendingStore {
  read(day: string): Promise<readonly SpendingEntry[]>;
  /** Adds sums, and deletes days not next to `day`. Throws BotError `store.unwritable`. */
  add(entries: readonly SpendingEntry[], day: string): Promise<void>;
}
