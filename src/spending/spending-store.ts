/** Id in place of a server's for the sum of all servers, where the operator has set a cap over them. */
export const allServers = 'all';

/**
 * Amounts of one day for a server; with `personId` the part of one person there, with `part` that of captions, which nobody
 * asked the bot for.
 */
export type SpendingEntry = {
  readonly guildId: string;
  readonly personId?: string;
  readonly part?: 'captions';
  /** Date in the time zone of the server, as in `2026-11-20`. */
  readonly day: string;
  /** When that day began, in ms since 1970; absent: at midnight UTC. */
  readonly fromMs?: number;
  readonly nanoUsd: number;
  readonly ms: number;
  /** Number of requests without a known price. */
  readonly unpriced: number;
  readonly turns: number;
};

/** Remembers across restarts what was spent; storage implements it. */
export interface SpendingStore {
  /** Reads the month of `day`, of UTC, so far for servers, only the days around for persons and captions. Errors: BotError `store.unreadable`. */
  read(day: string): Promise<readonly SpendingEntry[]>;
  /** Adds to what is there; of a person only the days around the last entry, 3 before and after, are kept. Errors: BotError `store.unwritable`. */
  add(entries: readonly SpendingEntry[]): Promise<void>;
}
