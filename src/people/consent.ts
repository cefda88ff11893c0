import type { StoredConsent } from './consent-store.ts';

/**
 * People who may be heard before they answered.
 *
 * `ask`: none. `role`: people with the role whose members agreed to the rules of the server. `notice`: all, as all are
 * told. A no is honoured under each of them.
 */
export type ConsentPolicy = 'ask' | 'role' | 'notice';

/** Consent answer of a person, for this session only or beyond it. */
export type ConsentAnswer = StoredConsent | { readonly kind: 'session' };

/** Consent state of one session. */
export type SessionConsents = {
  readonly policy: ConsentPolicy;
  /** Stored consents by person id; absent: not read, so a person's no may be unknown. */
  readonly standings?: ReadonlyMap<string, StoredConsent>;
  /** The latest word of each person in this session, newer than anything in the store. */
  readonly said: ReadonlyMap<string, ConsentAnswer>;
  /** True while no person may be heard, for any answers. */
  readonly paused: boolean;
};

/** Properties of a person that decide about consent. */
export type ListenedPerson = {
  readonly id: string;
  /** Has the role of policy `role` now. */
  readonly hasRole: boolean;
};

/** No person has answered yet, and the store was not read: until `recall`, only a yes said now counts. */
export function unasked(policy: ConsentPolicy): SessionConsents {
  return { policy, said: new Map(), paused: false };
}

/** A session that resumes after a restart: these people's answers for it, and whether hearing was paused. */
export function restored(
  policy: ConsentPolicy,
  kept: {
    readonly agreedIds: readonly string[];
    readonly deniedIds: readonly string[];
    readonly isPaused: boolean;
  },
): SessionConsents {
  const agreed = kept.agreedIds.map((id) => [id, { kind: 'session' }] as const);
  const denied = kept.deniedIds.map((id) => [id, { kind: 'never' }] as const);
  return {
    policy,
    said: new Map<string, ConsentAnswer>([...agreed, ...denied]),
    paused: kept.isPaused,
  };
}

/** Adds the stored consents, as read now; answers in this session are newer. */
export function recall(
  consent: SessionConsents,
  standings: ReadonlyMap<string, StoredConsent>,
): SessionConsents {
  return { ...consent, standings };
}

/** Asked for each packet before it is decrypted. */
export function mayHear(consent: SessionConsents, person: ListenedPerson): boolean {
  return !consent.paused && heard(consent, person) === 'yes';
}

/** Standing of a person, apart from a pause: heard, not heard for want of an answer, or said no. */
export function heard(consent: SessionConsents, person: ListenedPerson): 'yes' | 'unasked' | 'no' {
  const said = consent.said.get(person.id) ?? consent.standings?.get(person.id);
  if (said?.kind === 'never') return 'no';
  if (said) return 'yes';
  return heardUnasked(consent, person) ? 'yes' : 'unasked';
}

/**
 * Reach of a person's yes: `always`; `brief`, for this session; or `policy`, which hears them although they have
 * not answered. Undefined where they are not heard.
 */
export type YesKind = 'always' | 'brief' | 'policy';

export function yesKind(consent: SessionConsents, person: ListenedPerson): YesKind | undefined {
  if (heard(consent, person) !== 'yes') return undefined;
  const said = consent.said.get(person.id) ?? consent.standings?.get(person.id);
  if (said?.kind === 'always') return 'always';
  return said === undefined ? 'policy' : 'brief';
}

/** The latest word counts, for this session only: an earlier no in the store stands again after it. */
export function agreeForSession(consent: SessionConsents, personId: string): SessionConsents {
  return say(consent, personId, { kind: 'session' });
}

/** The latest word counts; the store is to be told, too. */
export function agreeAlways(consent: SessionConsents, personId: string): SessionConsents {
  return say(consent, personId, { kind: 'always' });
}

/** The latest word counts; the store is to be told, too. */
export function refuse(consent: SessionConsents, personId: string): SessionConsents {
  return say(consent, personId, { kind: 'never' });
}

/** Removes this person's answers; but where silence is a yes, a no stays for this session. */
export function forget(consent: SessionConsents, personId: string): SessionConsents {
  const { policy, said, standings } = consent;
  const latest = said.get(personId) ?? standings?.get(personId);
  const isNo = policy !== 'ask' && latest?.kind === 'never';
  return {
    ...consent,
    said: isNo ? new Map(said).set(personId, latest) : without(said, personId),
    ...(standings && { standings: without(standings, personId) }),
  };
}

/**
 * Consents in another channel: a yes for this session counts only for people who are there, too. A no, a longer answer
 * and a pause count everywhere.
 */
export function moveAlong(
  consent: SessionConsents,
  presentIds: ReadonlySet<string>,
): SessionConsents {
  const said = [...consent.said].filter(
    ([personId, { kind }]) => kind !== 'session' || presentIds.has(personId),
  );
  return { ...consent, said: new Map(said) };
}

/** Changes the policy for people without an answer; answers still count. */
export function underPolicy(consent: SessionConsents, policy: ConsentPolicy): SessionConsents {
  return { ...consent, policy };
}

/** State after a pause for the whole channel: no person is heard until `resume`. */
export function pause(consent: SessionConsents): SessionConsents {
  return { ...consent, paused: true };
}

/** Ends a pause: all people are heard who were before it, or have agreed since. */
export function resume(consent: SessionConsents): SessionConsents {
  return { ...consent, paused: false };
}

function heardUnasked(
  { policy, standings }: SessionConsents,
  { hasRole }: ListenedPerson,
): boolean {
  if (!standings) return false;
  return policy === 'notice' || (policy === 'role' && hasRole);
}

function say(consent: SessionConsents, personId: string, said: ConsentAnswer): SessionConsents {
  return { ...consent, said: new Map(consent.said).set(personId, said) };
}

function without<T>(map: ReadonlyMap<string, T>, key: string): ReadonlyMap<string, T> {
  return new Map([...map].filter(([id]) => id !== key));
}
