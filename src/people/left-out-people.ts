/**
 * Stores, across restarts, the people who are left out of captions: they are heard and answered, but not captioned, kept or
 * shown to a model beyond their own questions. storage implements it.
 */
export interface LeftOutPeopleStore {
  /** Ids of those who are left out in this server. Errors: BotError `store.unreadable`: then no person is captioned. */
  readLeftOut(guildId: string): Promise<ReadonlySet<string>>;
  /** Errors: BotError `store.unwritable`. */
  leaveOut(guildId: string, personId: string, isLeftOut: boolean): Promise<void>;
}
