/** Stores, across restarts, the people who are left out of captions; storage implements it. */
export interface LeftOutPeopleStore {
  /** Ids of those who are left out in this server. Errors: BotError `store.unreadable`: then no person is captioned. */
  readLeftOut(guildId: string): Promise<ReadonlySet<string>>;
  /** Errors: BotError `store.unwritable`. */
  leaveOut(guildId: string, personId: string, isLeftOut: boolean): Promise<void>;
}

/** People who are heard and answered, but not captioned, kept or shown to a model beyond their own questions. */
export type LeftOutPeople = {
  /** Stored choices; absent: not read, so a person's choice may be unknown. */
  readonly stored?: ReadonlySet<string>;
  /** Latest word of each person in this session, newer than the store: true is left out. */
  readonly said: ReadonlyMap<string, boolean>;
};

export const noChoices: LeftOutPeople = { said: new Map() };

/** Adds the stored choices, as read now; choices made in this session are newer. */
export function recallChoices(choices: LeftOutPeople, stored: ReadonlySet<string>): LeftOutPeople {
  return { ...choices, stored };
}

/** The latest word counts; the store is to be told, too. */
export function chooseCaptions(
  choices: LeftOutPeople,
  personId: string,
  isLeftOut: boolean,
): LeftOutPeople {
  return { ...choices, said: new Map(choices.said).set(personId, isLeftOut) };
}

/** Removes this person's choice. */
export function forgetChoice({ said, stored }: LeftOutPeople, personId: string): LeftOutPeople {
  return {
    said: new Map([...said].filter(([id]) => id !== personId)),
    ...(stored && { stored: new Set([...stored].filter((id) => id !== personId)) }),
  };
}

/** Whether a person is left out; undefined while the store was not read and they have not said. */
export function isLeftOut({ said, stored }: LeftOutPeople, personId: string): boolean | undefined {
  return said.get(personId) ?? stored?.has(personId);
}
