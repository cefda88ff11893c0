/** Store of the settings of servers, as they were typed; storage implements it. */
export interface GuildSettingsStore {
  /** By key. Errors: BotError `store.unreadable`. */
  read(guildId: GuildId): Promise<ReadonlyMap<string, string>>;
  /** Undefined removes it. Errors: BotError `store.unwritable`. */
  write(guildId: GuildId, key: string, value: string | undefined): Promise<void>;
}
