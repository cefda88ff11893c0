/**
 * Amounts of one day for a server; with `personId` the part of one person there, with `part` that of captions, which nobody
 * asked the bot for.
 */
export type SpendingEntry = {
  readonly guildId: string;
  readonly personId?: string;
  readonly part?: 'captions';
  /** As in `2026-11-20`. */
  readonly day: string;
  readonly nanoUsd: number;
  readonly ms: number;
  /** Requests nobody knows the price of. */
  readonly unpriced: number;
  readonly turns: number;
};

/** Remembers across restarts what was spent; storage implements it. */
export interface SpendingStore {
  /** Of servers all of the month of `day` so far, of persons and captions only that day. Errors: BotError `store.unreadable`. */
  read(day: string): Promise<readonly SpendingEntry[]>;
  /** Adds to what is there; of a person only the day of the entry and its neighbours are kept. Errors: BotError `store.unwritable`. */
  add(entries: readonly SpendingEntry[]): Promise<void>;
}
