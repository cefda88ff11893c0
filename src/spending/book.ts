/** Amounts of one day for a server or, with `personId`, for one person there. */
export type SpendingEntry = {
  readonly guildId: string;
  readonly personId?: string;
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
  /** Of servers all of the month of `day` so far, of persons only that day. Errors: BotError `store.unreadable`. */
  read(day: string): Promise<readonly SpendingEntry[]>;
  /** Adds to what is there; of a person only the day of the entry and its neighbours are kept. Errors: BotError `store.unwritable`. */
  add(entries: readonly SpendingEntry[]): Promise<void>;
}
