import type { PaidRole } from '#src/spending/prices/prices.ts';
import type { TextLine } from '#src/texts/texts.ts';
import type { ModelRequest, Reservation } from './reservation.ts';
import type { SessionBudgets } from './session-budgets.ts';

/** Work that costs money. */
export type AnswerRequest = {
  readonly kind: PaidKind;
  readonly guildId: GuildId;
  /** Person who asks; empty where none does. */
  readonly personId: PersonId;
  /** Its first request: to a model, or a text to speak. */
  readonly first: ModelRequest | string;
};

/** Nothing more may be spent. */
export type BudgetRefusal = {
  readonly kind: 'refused';
  /** Text for the person who asked. */
  readonly line: TextLine;
  /** True where this person did not read it lately, or, without one, the channel not today: then they are to read it. */
  readonly isNews: (readerId?: PersonId) => boolean;
};
export type AnswerBudget = {
  readonly kind: 'open';
  readonly reservation: Reservation;
  /** The channel is to read this, once a day. */
  readonly news?: TextLine;
};

/** Why the bot does not speak in a server, and when a new day brings a new budget, as Discord shows it. */
export type UsedBudget = { readonly line: TextLine; readonly time: string };

/** Budget for recognising one utterance, and its payer. */
export type HearingBudget = {
  readonly reservation: Reservation;
  /** Decides the payer: its speaker, if it was for the bot, else the server. Until then the server does. */
  readonly decided: (meant: boolean) => void;
};

/** Budgets of sessions. Nothing here throws or waits. */
export type BudgetAuthority = Pick<
  SessionBudgets,
  'open' | 'listen' | 'listenToRecording' | 'findUsedBudget' | 'forget'
>;

/** Costs of a server so far; `/stats` shows them. */
export type SpentCosts = Pick<SessionBudgets, 'getToday' | 'getPrices' | 'getShare'>;

/** Roles that cost nothing in a server, and those with a model of unknown price. */
export type ShownPrices = {
  readonly free: readonly PaidRole[];
  readonly estimated: readonly PaidRole[];
};

export type SpentShare = {
  readonly usd: number;
  /** 0: none. */
  readonly capUsd: number;
  readonly turns: number;
};

/** A server did something that has its price, wanted or not. */
export type SpentEvent = {
  readonly kind: 'spent';
  readonly what: PaidRole;
  readonly usd: number;
};

/** The most that may be spent a day, in billionths of a dollar; 0: no cap. */
export type Caps = { readonly personDay: number; readonly serverDay: number };

/** The lower one of two caps, of which 0 is none. */
export function lowerCap(one: number, other: number): number {
  return one === 0 || other === 0 ? one + other : Math.min(one, other);
}

/** Rules of one kind of paid work. */
type PaidRules = {
  /** `person`: the person or token that asks; their cap and the server's hold. `server`: the server's alone. */
  readonly payer: 'person' | 'server';
  /** `speech`: a text that is known before it is spoken. */
  readonly form: 'answer' | 'writing' | 'speech';
  /** True: the opener tells the channel how near the budget is to its end. */
  readonly reportsNews?: true;
};

/** Writing that the person who asks pays for. */
const askedWriting = { payer: 'person', form: 'writing' } as const;

/** Kinds of work for which money is set aside before it begins. `docs/costs.md` shows them with their limits in number. */
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

/** Largest share of a session's tokens that may be wasted on preemptive answers that were not heard. */
const longestShare = 0.15;
/** Least tokens of which the share is taken: at the beginning one false start is no habit. */
const graceTokens = 4_000;

/** Budget of preemptive answers in one channel: tokens of answers that were wanted, and of those that were not. */
export class PreemptiveBudget {
  #used = 0;
  #vain = 0;

  /** Whether an answer may be prepared before it is known to be wanted. */
  get allows(): boolean {
    return this.#vain <= longestShare * Math.max(graceTokens, this.#used + this.#vain);
  }

  use(tokens: number): void {
    this.#used += tokens;
  }

  lose(tokens: number): void {
    this.#vain += tokens;
  }
}
