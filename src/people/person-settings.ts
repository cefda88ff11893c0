import type { GuildId, PersonId } from '#src/base/ids.ts';
import type { ChosenLanguage } from '#src/base/language/expected-language.ts';

/**
 * How the bot's answers reach a person: aloud (`spoken`), in the channel with a mention (`written`), or as a direct
 * message (`private`).
 */
export const answerWays = ['written', 'private', 'spoken'] as const;

/** An absent field means the person has not chosen. */
export type PersonSettings = {
  /** BCP 47. */
  readonly language?: ChosenLanguage;
  /** Voice that reads out messages of the person. */
  readonly voice?: string;
  /** 1 is the usual pace of the voice. */
  readonly speed?: number;
  /** The person's name, spelt as it is pronounced. */
  readonly spokenName?: string;
  /** Absent: `spoken`. An offer of the choice stores `spoken`, so that nobody is asked twice. */
  readonly answers?: (typeof answerWays)[number];
  /** Codes of memories that the person did not want kept, without their words: `src/features/memories/memory-offers.ts`. */
  readonly declinedOffers?: string;
};

/** Least and highest speed that a person can choose. */
export const minSpeed = 0.7;
export const maxSpeed = 1.4;

/** Keeps settings that each person chose in a server. */
export interface PersonSettingsStore {
  /** Reads a person's settings, empty if nothing was chosen. Throws BotError `store.unreadable`. */
  read(guildId: GuildId, personId: PersonId): Promise<PersonSettings>;
  /** Replaces all settings. Throws BotError `store.unwritable`. */
  write(guildId: GuildId, personId: PersonId, settings: PersonSettings): Promise<void>;
}
