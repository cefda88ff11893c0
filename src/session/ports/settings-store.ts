/** What servers have set for themselves, as it was typed; storage implements it. */
export interface SettingsStore {
  /** By key. Errors: BotError `store.unreadable`. */
  read(guildId: string): Promise<ReadonlyMap<string, string>>;
  /** Undefined takes it away. Errors: BotError `store.unwritable`. */
  write(guildId: string, key: string, value: string | undefined): Promise<void>;
}
