import type { BudgetCap } from '#src/base/errors.ts';
import type { GuildId, PersonId } from '#src/base/ids.ts';
import type { PaidRole } from '#src/spending/prices/prices.ts';
import type { TextLine } from '#src/texts/texts.ts';
import type { ModelRequest, Reservation } from './reservation.ts';
import type { SessionBudgets } from './session-budgets.ts';

/** Paid work that asks for a budget. */
export type AnswerRequest = {
  readonly kind: PaidKind;
  readonly guildId: GuildId;
  /** Absent if the server pays alone. */
  readonly personId?: PersonId;
  /** The first request to a model, or the text to speak. */
  readonly first: ModelRequest | string;
};

/** A refusal of paid work, with the line that explains it. */
export type BudgetRefusal = {
  readonly kind: 'refused';
  readonly cap: BudgetCap;
  readonly line: TextLine;
  /** Returns true if the refusal is new to this person, or, without a person, to the channel today. Each call counts as telling it. */
  readonly isNews: (readerId?: PersonId) => boolean;
};
/** The opened budget of an answer. */
export type AnswerBudget = {
  readonly kind: 'open';
  readonly reservation: Reservation;
  /** News for the channel, once a day. */
  readonly news?: TextLine;
};

/** A budget without room: the line that says so, and the time at which it begins anew. */
export type UsedBudget = { readonly line: TextLine; readonly time: string };

/** The opened budget to recognise an utterance. */
export type HearingBudget = {
  readonly reservation: Reservation;
  /** Charges the recognition to the person if the words were meant for the bot, else to the server alone. Later calls do nothing. */
  readonly decide: (isMeant: boolean) => void;
};

/** Decides whether paid work may begin, and opens its budget. Methods never throw or wait. */
export type BudgetAuthority = Pick<
  SessionBudgets,
  | 'open'
  | 'openHearingBudget'
  | 'openRecordingBudget'
  | 'findUsedBudget'
  | 'findUsedHearingBudget'
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

/** An amount that was charged. */
export type SpentEvent = {
  readonly kind: 'spent';
  readonly what: PaidRole;
  readonly usd: number;
  /** Time of a session with a live model that it pays for. */
  readonly talkMs?: number;
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

export type PaidKind =
  | 'answer'
  | 'answer in a file'
  | 'sound sent ahead'
  | 'answer in writing'
  | 'question about a transcript'
  | 'recap'
  | 'recap at the end'
  | 'translation'
  | 'translation of a recording'
  | 'voice preview'
  | 'speech to a program'
  | 'reading'
  | 'notice'
  | 'check';

const personalWriting: PaidRules = { payer: 'person', form: 'writing' };

/** Work that needs a reservation. `docs/costs.md` lists the limits. */
export const paidKinds: Readonly<Record<PaidKind, PaidRules>> = {
  answer: { payer: 'person', form: 'answer', reportsNews: true },
  'sound sent ahead': { payer: 'person', form: 'answer' },
  'answer in a file': { payer: 'person', form: 'answer' },
  'answer in writing': personalWriting,
  'question about a transcript': personalWriting,
  recap: personalWriting,
  'recap at the end': { payer: 'server', form: 'writing' },
  translation: { payer: 'server', form: 'writing', reportsNews: true },
  'translation of a recording': personalWriting,
  'voice preview': { payer: 'person', form: 'speech' },
  'speech to a program': { payer: 'person', form: 'speech' },
  reading: { payer: 'person', form: 'speech' },
  notice: { payer: 'server', form: 'speech' },
  check: { payer: 'server', form: 'answer' },
};
