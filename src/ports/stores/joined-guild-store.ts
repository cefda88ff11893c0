/** Store of the servers of the bot; storage implements it. */
export interface JoinedGuildStore {
  /**
   * Deletes everything about this server, so that not a byte of it stays in the files; how many items.
   *
   * What the server as a whole spent stays until the month of `day` (as in `2026-11-20`) is over. Errors: BotError
   * `store.unwritable`.
   */
  erase(guildId: string, day: string): Promise<number>;
  /** Servers that Discord has listed for this bot, until they are erased. Errors: BotError `store.unreadable`. */
  noted(botId: string): Promise<readonly string[]>;
  /** This bot is in these servers. Errors: BotError `store.unwritable`. */
  note(botId: string, guildIds: readonly string[]): Promise<void>;
}
