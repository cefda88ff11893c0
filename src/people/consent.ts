import type { AdmittedErasure, PersonErasure } from '#src/base/erasures.ts';
import type { ChannelId, GuildId, PersonId } from '#src/base/ids.ts';

/** Latest answer of a person in a server. Only `always` is a yes. */
export type StoredConsent = { readonly kind: 'always' | 'never' | 'forgotten' };

/** With `erasesSinceWallMs` the answer also begins an erasure of the person. */
export type ConsentChange = StoredConsent & {
  readonly erasesSinceWallMs?: number | undefined;
};

/** Erasure of a person. Only `endErasure` ends it, whatever the person answers meanwhile. */
export type StoredErasure = {
  readonly guildId: GuildId;
  readonly personId: PersonId;
  readonly sinceWallMs: number;
};

/** Rows by table, with the column names as keys. */
export type StoredRows = Readonly<
  Record<string, readonly Readonly<Record<string, unknown>>[]>
>;

/** Keeps one choice of each person in a server. */
export interface ChoiceStore<Choice> {
  /**
   * Reads the choices of a server. Throws BotError `store.unreadable`, in which case nobody counts as having
   * agreed.
   */
  read(guildId: GuildId): Promise<ReadonlyMap<PersonId, Choice>>;
  /** Stores a choice. Throws BotError `store.unwritable`. */
  write(guildId: GuildId, personId: PersonId, choice: Choice): Promise<void>;
}

/** Keeps answers of people, and erasures that are not finished. */
export interface ConsentStore extends ChoiceStore<ConsentChange> {
  /** Lists unfinished erasures. Throws BotError `store.unreadable`. */
  listErasures(): Promise<readonly StoredErasure[]>;
  /** Ends a finished erasure, but no later one of the person. Throws BotError `store.unwritable`. */
  endErasure(erasure: StoredErasure, endedWallMs: number): Promise<void>;
  /** Counts stored items about a person. Throws BotError `store.unreadable`. */
  countItems(guildId: GuildId, personId: PersonId): Promise<number>;
  /** Counts the items that `erasePerson` would erase now. Throws BotError `store.unreadable`. */
  countErasable(guildId: GuildId, personId: PersonId): Promise<number>;
  /** Lists stored rows about a person. Throws BotError `store.unreadable`. */
  listRows(guildId: GuildId, personId: PersonId): Promise<StoredRows>;
  /**
   * Erases everything about a person in a server except consent and erasure. Returns the number of items. Throws
   * BotError `store.unwritable`.
   */
  erasePerson(erasure: AdmittedErasure<PersonErasure>): Promise<number>;
}

/**
 * Rule for people without an answer. `ask` hears none, `role` hears members with the role for the server rules, and
 * `notice` hears everybody. A no counts under each policy.
 */
export const consentPolicies = ['ask', 'role', 'notice'] as const;
export type ConsentPolicy = (typeof consentPolicies)[number];

export type ConsentState = {
  readonly policy: ConsentPolicy;
  readonly isLoaded: boolean;
  no: readonly PersonId[];
  yes: readonly PersonId[];
  pressed: readonly PersonId[];
  callers: readonly PersonId[];
  /** People told, in this channel, that the policy of now hears them. */
  told: readonly PersonId[];
  isPaused: boolean;
};

export type StoredConsents = Pick<
  ConsentState,
  'policy' | 'isLoaded' | 'no' | 'yes' | 'told'
>;

export type HearingFacts = {
  readonly policy: ConsentPolicy;
  readonly isPaused: boolean;
  /** False while settings and consents are unread, since a no may be unknown then. */
  readonly isLoaded: boolean;
  readonly word: StoredConsent | undefined;
  /** A press in this session counts even if nothing could be read. */
  readonly hasPressed: boolean;
  /** Calling the bot is a yes for this session. */
  readonly hasCalled: boolean;
  readonly hasRole: boolean;
  /** The policy hears nobody who was not told of it. */
  readonly isTold: boolean;
};

/**
 * `brief` is a yes for this session, and `policy` a person heard without an answer. `unasked` people are not heard, nor are
 * `untold` ones, whom the policy hears once they are told.
 */
export type Consent = 'always' | 'brief' | 'policy' | 'untold' | 'unasked' | 'no';

/** Consent in three values, apart from a pause. */
export type Standing = 'yes' | 'unasked' | 'no';

/** Collects what decides about one person. `hasRole` is for the policy `role`. */
export function toHearingFacts(
  { callers, isPaused, isLoaded, no, policy, pressed, told, yes }: ConsentState,
  personId: PersonId,
  hasRole: boolean,
): HearingFacts {
  const kind = no.includes(personId)
    ? 'never'
    : yes.includes(personId)
      ? 'always'
      : undefined;
  return {
    policy,
    isPaused,
    isLoaded,
    word: kind && { kind },
    hasPressed: pressed.includes(personId),
    hasCalled: callers.includes(personId),
    hasRole,
    isTold: told.includes(personId),
  };
}

/**
 * Decides whether a person is heard, before each packet is decrypted.
 *
 * @example
 * import { toPersonId } from '#src/base/ids.ts';
 * import { type ConsentState, mayHear, toHearingFacts } from '#src/people/consent.ts';
 *
 * const ana = toPersonId('1');
 * const rules = { policy: 'ask', isLoaded: true, isPaused: false } as const;
 * const state: ConsentState = { ...rules, no: [], yes: [ana], pressed: [], callers: [], told: [] };
 * mayHear(toHearingFacts(state, ana, false)); // true
 */
export function mayHear(facts: HearingFacts): boolean {
  return !facts.isPaused && isHeardConsent(toConsent(facts));
}

/** Finds the consent of a person, apart from a pause. A no counts until the person says yes. */
export function toConsent(facts: HearingFacts): Consent {
  const { hasCalled, hasPressed, isLoaded, isTold, word } = facts;
  // A no counts first, also while other answers are unread.
  if (isRefusal(word)) return 'no';
  if (word && (isLoaded || hasPressed)) return 'always';
  // An unread store could hold a no, so neither a call nor the policy counts.
  if (!isLoaded) return 'unasked';
  if (hasCalled) return 'brief';
  if (!isPolicyFor(facts)) return 'unasked';
  return isTold ? 'policy' : 'untold';
}

/** Tests whether a policy hears a person that gave no answer and was told of the policy. */
export function isPolicyFor({
  hasRole,
  policy,
}: Pick<HearingFacts, 'hasRole' | 'policy'>): boolean {
  return policy === 'notice' || (policy === 'role' && hasRole);
}

const heardConsents: readonly Consent[] = ['always', 'brief', 'policy'];

/** Tests for a consent by which a person is heard. */
export function isHeardConsent(consent: Consent): boolean {
  return heardConsents.includes(consent);
}

/** Reduces a consent to a yes, a no or no answer yet. */
export function toStanding(consent: Consent): Standing {
  if (consent === 'no') return 'no';
  return isHeardConsent(consent) ? 'yes' : 'unasked';
}

/** Returns whether an answer is a no, also after `/privacy forget`. */
export function isRefusal(word: StoredConsent | undefined): boolean {
  return word !== undefined && word.kind !== 'always';
}

/** A person that was told, in a voice channel, how the server's policy hears people. */
export type ToldPerson = {
  readonly channelId: ChannelId;
  readonly personId: PersonId;
  /** The rules of consent as settings store them: `notice` or `role 123`. */
  readonly rules: string;
  /** The rules hear the person from this time on. */
  readonly fromWallMs: number;
};

/** Keeps the people that were told. Reading throws BotError `store.unreadable`, and writing `store.unwritable`. */
export interface ToldPeopleStore {
  /** Lists the told people of a server. */
  read(guildId: GuildId): Promise<readonly ToldPerson[]>;
  /** Stores told people, in place of what they were told in the channel before. */
  write(guildId: GuildId, people: readonly ToldPerson[]): Promise<void>;
  /** Erases what a person was told in a channel, so that the person is told again. */
  erase(guildId: GuildId, channelId: ChannelId, personId: PersonId): Promise<void>;
  /** Erases what people of the server were told of other rules than these. */
  eraseOtherRules(guildId: GuildId, rules: string): Promise<void>;
}

/** People left out of captions are heard and answered. A model sees only their own questions. */
export type LeftOutPeopleStore = ChoiceStore<boolean>;
