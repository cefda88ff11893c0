/** Store of the servers of the bot; storage implements it. */
export interface JoinedGuildStore {
  /**
   * Deletes everything about this server but what it spent on the last days, so that not a byte of it stays in the files; how many items.
   * Errors: BotError `store.unwritable`.
   */
  eraseGuild(guildId: GuildId): Promise<number>;
  /** Servers that Discord has listed for this bot, until they are erased. Errors: BotError `store.unreadable`. */
  listGuilds(botId: PersonId): Promise<readonly string[]>;
  /** This bot is in these servers. Errors: BotError `store.unwritable`. */
  addGuilds(botId: PersonId, guildIds: readonly GuildId[]): Promise<void>;
}
