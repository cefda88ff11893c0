/** Rules of one kind of paid work. */
type PaidRules = {
  /** `captions`: the server pays, within its budget for captions. */
  readonly payer: 'person' | 'captions';
  /** Nothing of it is spoken. */
  readonly isWritten: boolean;
  /** A person who has used their share of the day gets it all the same; a program with a budget of its own does not. */
  readonly passesShare: boolean;
};

/** Kinds of paid work, with who pays and which cap holds. */
export const paidKinds = {
  answer: { payer: 'person', isWritten: false, passesShare: false },
  'answer in a file': { payer: 'person', isWritten: false, passesShare: false },
  'answer in writing': { payer: 'person', isWritten: true, passesShare: true },
  'question about a transcript': { payer: 'person', isWritten: true, passesShare: false },
  recap: { payer: 'person', isWritten: true, passesShare: false },
  'recap at the end': { payer: 'captions', isWritten: true, passesShare: false },
  translation: { payer: 'captions', isWritten: true, passesShare: false },
} as const satisfies Readonly<Record<string, PaidRules>>;

export type PaidKind = keyof typeof paidKinds;
