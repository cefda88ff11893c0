import type { PersonSettings } from '#src/people/person-settings.ts';

/** What people have chosen for themselves, at hand for answers, which wait for no store; session implements it. */
export interface PeopleSettings {
  /** As it was read or changed last; empty before that. */
  known(guildId: string, personId: string): PersonSettings;
  /** Reads it unless it is known; undefined where that fails, which the operator is told. Never throws. */
  load(guildId: string, personId: string): Promise<PersonSettings | undefined>;
  /** Holds from now on, saved or not. Never throws. */
  change(guildId: string, personId: string, change: PersonChange): Promise<ChangedPerson>;
  /** Settings of this person, or of everybody in the server, are known no more; the store is not told. */
  forget(guildId: string, personId?: string): void;
}

/** Fields to set; `null` takes one back. */
export type PersonChange = {
  readonly [Field in keyof PersonSettings]?: PersonSettings[Field] | null;
};

export type ChangedPerson = {
  readonly settings: PersonSettings;
  /** False: until the process ends. */
  readonly saved: boolean;
};
