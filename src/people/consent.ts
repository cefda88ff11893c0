/** Latest word of a person in one server, beyond one session. All but `always` are a no. */
export type StoredConsent = { readonly kind: 'always' | 'never' | 'forgotten' };

/** A consent to be stored. One with `erasesSinceWallMs` also begins an erasure of everything else about the person. */
export type ConsentChange = StoredConsent & { readonly erasesSinceWallMs?: number | undefined };

/** Erasure of a person in a server. Only `endErasure` ends it, whatever the person says meanwhile. */
export type Erasure = {
  readonly guildId: GuildId;
  readonly personId: PersonId;
  readonly sinceWallMs: number;
};

/** Stored rows by the name of their table; their fields have the names of its columns. */
export type StoredRows = Readonly<Record<string, readonly Readonly<Record<string, unknown>>[]>>;

/** Store of one choice of each person in a server, across restarts. storage implements it. */
export interface ChoiceStore<Choice> {
  /** Choices by person id. Errors: BotError `store.unreadable`: then no person agreed, and no person is captioned. */
  read(guildId: GuildId): Promise<ReadonlyMap<string, Choice>>;
  /** Errors: BotError `store.unwritable`. */
  write(guildId: GuildId, personId: PersonId, choice: Choice): Promise<void>;
}

/** Stores people's consents, and erases people. */
export interface ConsentStore extends ChoiceStore<ConsentChange> {
  /** Erasures that are not complete. Errors: BotError `store.unreadable`. */
  listErasures(): Promise<readonly Erasure[]>;
  /** The erasure is complete; a later one of the same person goes on. Errors: BotError `store.unwritable`. */
  endErasure(erasure: Erasure): Promise<void>;
  /** Number of stored items about this person in this server. Errors: BotError `store.unreadable`. */
  countItems(guildId: GuildId, personId: PersonId): Promise<number>;
  /** All stored rows about this person in this server, of each table that has some about persons. Errors: BotError `store.unreadable`. */
  listRows(guildId: GuildId, personId: PersonId): Promise<StoredRows>;
  /**
   * Deletes everything about this person in this server but their consent and erasure, so that not a byte of it stays in the
   * files; how many items.
   * Errors: BotError `store.unwritable`.
   */
  erasePerson(guildId: GuildId, personId: PersonId): Promise<number>;
}

/**
 * People who may be heard before they answered.
 *
 * `ask`: none. `role`: people with the role whose members agreed to the rules of the server. `notice`: all, as all are
 * told. A no is honoured under each of them.
 */
export const consentPolicies = ['ask', 'role', 'notice'] as const;
export type ConsentPolicy = (typeof consentPolicies)[number];

/** Facts about consent in one session. */
export type ConsentState = {
  readonly policy: ConsentPolicy;
  /** False while settings or consents cannot be read. */
  readonly isRead: boolean;
  no: readonly PersonId[];
  yes: readonly PersonId[];
  /** People who said yes during this session. */
  pressed: readonly PersonId[];
  /** People who called the bot in. */
  callers: readonly PersonId[];
  /** True while hearing is paused. */
  isPaused: boolean;
};

/** Facts that decide whether a person is heard in one session. */
export type HearingFacts = {
  readonly policy: ConsentPolicy;
  /** No person is heard before the pause ends. */
  readonly isPaused: boolean;
  /** Settings and consents of the server were read: until then a person's no may be unknown. */
  readonly isRead: boolean;
  /** Latest word of the person in the server, stored or not yet. */
  readonly word: StoredConsent | undefined;
  /** They said it while the bot sits there: a yes then counts whatever could be read. */
  readonly hasPressed: boolean;
  /** They called the bot in: a yes for this session. */
  readonly hasCalled: boolean;
  /** They have the role of policy `role` now. */
  readonly hasRole: boolean;
};

/**
 * Consent of a person: `always`; `brief`, for this session; `policy`, which hears them although they have not answered;
 * `unasked`, not heard for want of an answer; or `no`.
 */
export type Consent = 'always' | 'brief' | 'policy' | 'unasked' | 'no';

/** Whether a person is heard, apart from a pause: by a yes or the policy, not for want of an answer, or by a no. */
export type Standing = 'yes' | 'unasked' | 'no';

/** Facts about one person. `hasRole`: they have the role of policy `role` now. */
export function toHearingFacts(
  { callers, isPaused, isRead, no, policy, pressed, yes }: ConsentState,
  personId: PersonId,
  hasRole: boolean,
): HearingFacts {
  const kind = no.includes(personId) ? 'never' : yes.includes(personId) ? 'always' : undefined;
  return {
    policy,
    isPaused,
    isRead,
    word: kind && { kind },
    hasPressed: pressed.includes(personId),
    hasCalled: callers.includes(personId),
    hasRole,
  };
}

/** Whether a person is heard: asked for each packet before it is decrypted. */
export function mayHear(facts: HearingFacts): boolean {
  return !facts.isPaused && isHeardConsent(toConsent(facts));
}

/** Consent of a person, apart from a pause. A no counts until that person's own yes. */
export function toConsent(facts: HearingFacts): Consent {
  const { hasCalled, hasPressed, hasRole, isRead, policy, word } = facts;
  if (isRefusal(word)) return 'no';
  if (word && (isRead || hasPressed)) return 'always';
  if (!isRead) return 'unasked';
  if (hasCalled) return 'brief';
  return policy === 'notice' || (policy === 'role' && hasRole) ? 'policy' : 'unasked';
}

export function isHeardConsent(consent: Consent): boolean {
  return consent !== 'unasked' && consent !== 'no';
}

/** Whether this word is a no: also that of a person who had the bot forget them. */
export function isRefusal(word: StoredConsent | undefined): boolean {
  return word !== undefined && word.kind !== 'always';
}

/**
 * Tells who is left out of captions: they are heard and answered, but not captioned, kept or shown to a model beyond their own
 * questions.
 */
export type LeftOutPeopleStore = ChoiceStore<boolean>;
