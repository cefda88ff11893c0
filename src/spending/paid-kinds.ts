/** Rules of one kind of paid work. */
type PaidRules = {
  /** `captions`: the server pays, within its budget for captions. */
  readonly payer: 'person' | 'captions';
  /** Nothing of it is spoken. */
  readonly isWritten: boolean;
  /** A person who has used their share of the day gets it all the same; a program with a budget of its own does not. */
  readonly passesShare: boolean;
  /** True: of one payer one runs at a time, as it may be dearer than expected: the rest of a cap is passed by one at most. */
  readonly isOneByOne?: true;
};

/** Kinds of paid work, with who pays and which cap holds. */
const paidKinds = {
  answer: { payer: 'person', isWritten: false, passesShare: false },
  'answer in a file': { payer: 'person', isWritten: false, passesShare: false, isOneByOne: true },
  'answer in writing': { payer: 'person', isWritten: true, passesShare: true },
  'question about a transcript': { payer: 'person', isWritten: true, passesShare: false },
  recap: { payer: 'person', isWritten: true, passesShare: false },
  'recap at the end': { payer: 'captions', isWritten: true, passesShare: false },
  translation: { payer: 'captions', isWritten: true, passesShare: false },
} as const satisfies Readonly<Record<string, PaidRules>>;

export type PaidKind = keyof typeof paidKinds;

export function rulesOf(kind: PaidKind): PaidRules {
  return paidKinds[kind];
}
