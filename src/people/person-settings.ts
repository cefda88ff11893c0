/** Ways in which a person is answered: in writing with a mention, to them alone, or aloud. */
export const answerWays = ['written', 'private', 'spoken'] as const;

/** Settings of one person in one server; a field left out was not chosen. */
export type PersonSettings = {
  /** Language they speak and are answered in, BCP 47. */
  readonly language?: string;
  /** Name of the voice that reads out their messages. */
  readonly voice?: string;
  /** Pace of speech for them; 1 is the voice's own. */
  readonly speed?: number;
  /** Their name as it is to be pronounced. */
  readonly spokenName?: string;
  /** Set once they chose, or were offered the choice. */
  readonly answers?: (typeof answerWays)[number];
};

/** Slowest and fastest pace that people may choose. */
export const [minSpeed, maxSpeed] = [0.7, 1.4];

/** Stores people's own settings across restarts; storage implements it. */
export interface PersonSettingsStore {
  /** Empty where the person has chosen nothing. Errors: BotError `store.unreadable`. */
  read(guildId: GuildId, personId: PersonId): Promise<PersonSettings>;
  /** Replaces all of it. Errors: BotError `store.unwritable`. */
  write(guildId: GuildId, personId: PersonId, settings: PersonSettings): Promise<void>;
}
