/**
 * Amounts of one day for a server; with `personId` the part of one person there, with `part` that of captions, which nobody
 * asked the bot for.
 */
export type SpendingEntry = {
  readonly guildId: string;
  readonly personId?: string;
  readonly part?: 'captions';
  /** UTC day, as in `2026-11-20`. */
  readonly day: string;
  readonly nanoUsd: number;
  readonly ms: number;
  /** Number of requests without a known price. */
  readonly unpriced: number;
  readonly turns: number;
};

/** Remembers across restarts what was spent; storage implements it. */
export interface SpendingStore {
  /** Reads the month of `day` so far for servers, only that day for persons and captions. Errors: BotError `store.unreadable`. */
  read(day: string): Promise<readonly SpendingEntry[]>;
  /** Adds to what is there; of a person only the day of the last entry and its neighbours are kept. Errors: BotError `store.unwritable`. */
  add(entries: readonly SpendingEntry[]): Promise<void>;
}
