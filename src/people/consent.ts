/**
 * Who may be heard before they said anything about it.
 *
 * `ask`: nobody. `notice`: everybody, as everyone is told; a no is honoured just the same.
 */
export type ConsentPolicy = 'ask' | 'notice';

/** What the people of one session said about being heard, by person id. */
export type Consent = {
  readonly policy: ConsentPolicy;
  readonly agreed: ReadonlySet<string>;
  readonly refused: ReadonlySet<string>;
};

/** Nobody has said anything yet. */
export function unasked(policy: ConsentPolicy): Consent {
  return { policy, agreed: new Set(), refused: new Set() };
}

/** Asked for each packet before it is decrypted: no answer is a no, except where everyone was told. */
export function mayHear(consent: Consent, personId: string): boolean {
  if (consent.refused.has(personId)) return false;
  return consent.policy === 'notice' || consent.agreed.has(personId);
}

/** The latest word counts: a yes takes back an earlier no. */
export function agree(consent: Consent, personId: string): Consent {
  return {
    ...consent,
    agreed: consent.agreed.union(new Set([personId])),
    refused: consent.refused.difference(new Set([personId])),
  };
}

/** The latest word counts: a no takes back an earlier yes. */
export function refuse(consent: Consent, personId: string): Consent {
  return {
    ...consent,
    agreed: consent.agreed.difference(new Set([personId])),
    refused: consent.refused.union(new Set([personId])),
  };
}
