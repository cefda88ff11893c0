import type { StoredConsent } from './consent-store.ts';

/**
 * People who may be heard before they answered.
 *
 * `ask`: none. `role`: people with the role whose members agreed to the rules of the server. `notice`: all, as all are
 * told. A no is honoured under each of them.
 */
export type ConsentPolicy = 'ask' | 'role' | 'notice';

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

/** Whether a person is heard: asked for each packet before it is decrypted. */
export function mayHear(facts: HearingFacts): boolean {
  return !facts.isPaused && isYes(consentOf(facts));
}

/** Consent of a person, apart from a pause. A no counts until that person's own yes. */
export function consentOf(facts: HearingFacts): Consent {
  const { hasCalled, hasPressed, hasRole, isRead, policy, word } = facts;
  if (isNo(word)) return 'no';
  if (word && (isRead || hasPressed)) return 'always';
  if (!isRead) return 'unasked';
  if (hasCalled) return 'brief';
  return policy === 'notice' || (policy === 'role' && hasRole) ? 'policy' : 'unasked';
}

export function isYes(consent: Consent): boolean {
  return consent !== 'unasked' && consent !== 'no';
}

/** Whether this word is a no: also that of a person who had the bot forget them. */
export function isNo(word: StoredConsent | undefined): boolean {
  return word !== undefined && word.kind !== 'always';
}
