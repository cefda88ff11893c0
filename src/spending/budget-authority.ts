import type { BudgetCap } from '#src/base/errors.ts';
import type { GuildId, PersonId } from '#src/base/ids.ts';
import type { PaidRole } from '#src/spending/prices/prices.ts';
import type { TextLine } from '#src/texts/texts.ts';
import type { ModelRequest, Reservation } from './reservation.ts';
import type { SessionBudgets } from './session-budgets.ts';

export type AnswerRequest = {
  readonly kind: PaidKind;
  readonly guildId: GuildId;
  readonly personId: PersonId;
  readonly first: ModelRequest | string;
};

export type BudgetRefusal = {
  readonly kind: 'refused';
  readonly cap: BudgetCap;
  readonly line: TextLine;
  /** Returns whether the refusal is new to this person, or, without one, to the channel today. */
  readonly isNews: (readerId?: PersonId) => boolean;
};
export type AnswerBudget = {
  readonly kind: 'open';
  readonly reservation: Reservation;
  /** News for the channel, once a day. */
  readonly news?: TextLine;
};

export type UsedBudget = { readonly line: TextLine; readonly time: string };

export type HearingBudget = {
  readonly reservation: Reservation;
  readonly decided: (meant: boolean) => void;
};

/** Decides budgets. Methods never throw or wait. */
export type BudgetAuthority = Pick<
  SessionBudgets,
  | 'open'
  | 'openHearingBudget'
  | 'openRecordingBudget'
  | 'findUsedBudget'
  | 'forget'
  | 'getPrices'
>;

export type SpentCosts = Pick<SessionBudgets, 'getToday' | 'getPrices' | 'getShare'>;

/** Free roles, and roles with an unknown price. */
export type ShownPrices = {
  readonly free: readonly PaidRole[];
  readonly estimated: readonly PaidRole[];
};

export type SpentShare = {
  readonly usd: number;
  readonly capUsd: number;
  readonly turns: number;
};

export type SpentEvent = {
  readonly kind: 'spent';
  readonly what: PaidRole;
  readonly usd: number;
};

/** Daily caps in billionths of a dollar. 0 means no cap. */
export type Caps = { readonly personDay: number; readonly serverDay: number };

type PaidRules = {
  /** `person` also pays from the budget of the server. */
  readonly payer: 'person' | 'server';
  /** `speech` is text that is known before it is spoken. */
  readonly form: 'answer' | 'writing' | 'speech';
  /** The opener warns the channel about the budget. */
  readonly reportsNews?: true;
};

const askedWriting = { payer: 'person', form: 'writing' } as const;

/** Work that needs a reservation. `docs/costs.md` lists the limits. */
const rules = {
  answer: { payer: 'person', form: 'answer', reportsNews: true },
  'answer in a file': { payer: 'person', form: 'answer' },
  'answer in writing': askedWriting,
  'question about a transcript': askedWriting,
  recap: askedWriting,
  'recap at the end': { payer: 'server', form: 'writing' },
  translation: { payer: 'server', form: 'writing', reportsNews: true },
  'translation of a recording': askedWriting,
  'voice preview': { payer: 'person', form: 'speech' },
  'speech to a program': { payer: 'person', form: 'speech' },
  reading: { payer: 'person', form: 'speech' },
  notice: { payer: 'server', form: 'speech' },
  check: { payer: 'server', form: 'answer' },
} as const satisfies Readonly<Record<string, PaidRules>>;

export type PaidKind = keyof typeof rules;

export const paidKinds: Readonly<Record<PaidKind, PaidRules>> = rules;

const longestShare = 0.15;
/** The share applies from this number of tokens. */
const graceTokens = 4_000;

export type PreemptiveBudget = ReturnType<typeof createPreemptiveBudget>;

export function createPreemptiveBudget() {
  let used = 0;
  let vain = 0;

  return {
    get allows(): boolean {
      return vain <= longestShare * Math.max(graceTokens, used + vain);
    },

    use(tokens: number) {
      used += tokens;
    },

    lose(tokens: number) {
      vain += tokens;
    },
  };
}
