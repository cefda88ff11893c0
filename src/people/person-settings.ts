import type { GuildId, PersonId } from '#src/base/ids.ts';

export const answerWays = ['written', 'private', 'spoken'] as const;

/** An absent field means the person has not chosen. */
export type PersonSettings = {
  /** BCP 47. */
  readonly language?: string;
  /** Voice that reads out messages of the person. */
  readonly voice?: string;
  /** 1 is the usual pace of the voice. */
  readonly speed?: number;
  /** Spelling for pronunciation. */
  readonly spokenName?: string;
  /** Also set once the person was offered the choice. */
  readonly answers?: (typeof answerWays)[number];
};

export const [minSpeed, maxSpeed] = [0.7, 1.4];

export interface PersonSettingsStore {
  /** Reads a person's settings, empty if nothing was chosen. Throws BotError `store.unreadable`. */
  read(guildId: GuildId, personId: PersonId): Promise<PersonSettings>;
  /** Replaces all settings. Throws BotError `store.unwritable`. */
  write(guildId: GuildId, personId: PersonId, settings: PersonSettings): Promise<void>;
}
