/** Rules of one kind of paid work. */
type PaidRules = {
  /** `person`: the person or token that asks; their cap and the server's hold. `server`: the server's alone. */
  readonly payer: 'person' | 'server';
  /** `speech`: a text that is known before it is spoken. */
  readonly form: 'answer' | 'writing' | 'speech';
  /** True: the opener tells the channel how near the budget is to its end. */
  readonly reportsNews?: true;
};

/** Kinds of work for which money is set aside before it begins. `docs/costs.md` shows them with their limits in number. */
const rules = {
  answer: { payer: 'person', form: 'answer', reportsNews: true },
  'sound ahead of an answer': { payer: 'person', form: 'answer' },
  'answer in a file': { payer: 'person', form: 'answer' },
  'answer in writing': { payer: 'person', form: 'writing' },
  'question about a transcript': { payer: 'person', form: 'writing' },
  recap: { payer: 'person', form: 'writing' },
  'recap at the end': { payer: 'server', form: 'writing' },
  translation: { payer: 'server', form: 'writing', reportsNews: true },
  'translation of a recording': { payer: 'person', form: 'writing' },
  'voice preview': { payer: 'person', form: 'speech' },
  'speech to a program': { payer: 'person', form: 'speech' },
  reading: { payer: 'server', form: 'speech' },
  notice: { payer: 'server', form: 'speech' },
  check: { payer: 'server', form: 'answer' },
} as const satisfies Readonly<Record<string, PaidRules>>;

export type PaidKind = keyof typeof rules;

export const paidKinds: Readonly<Record<PaidKind, PaidRules>> = rules;
