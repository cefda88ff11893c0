import type { TextLine } from '#src/texts/texts.ts';
import type { BudgetStep } from './caps.ts';
import type { CaptionBudgetStep } from './caption-budget.ts';
import type { Payer } from './ledger/ledger.ts';
import type { PaidKind } from './paid-kinds.ts';
import type { Reservation } from './reservation.ts';
import type { AnswerEstimate } from './tariff.ts';

/** Work that costs money. */
export type AnswerRequest = Omit<AnswerEstimate, 'isWritten'> & {
  readonly kind: PaidKind;
  readonly guildId: string;
  /** Person who asks; empty where none does. */
  readonly personId: string;
  /** Name as people know it. */
  readonly name: string;
  /** Payer of a question that began before its reservation is opened, as `payer` gave it then. */
  readonly payer?: Payer;
};

/** Texts about the budget of captions, each told once a day. */
export type CaptionNewsId =
  | 'captions.budget.warn'
  | 'captions.budget.rough'
  | 'captions.budget.last'
  | 'captions.budget.off';

/** Nothing more may be spent. */
export type BudgetRefusal = {
  readonly kind: 'refused';
  /** Text for the person who asked. */
  readonly line: TextLine;
  /** True the first time it is asked today: then the channel is to read it. */
  readonly isNews: () => boolean;
};
export type AnswerBudget = {
  readonly kind: 'open';
  readonly reservation: Reservation;
  /** The channel is to read this, once a day. */
  readonly news?: TextLine;
};

/** Behaviour of the bot in a server under its budget now. */
export type BudgetMode = {
  readonly step: BudgetStep;
  /** No answer is begun before it is known to be wanted. */
  readonly isSparing?: boolean;
  /** A cheaper voice does, and there is one. */
  readonly isVoiceCheap: boolean;
  /** Only where it does not speak: why, and when a new day or month brings a new budget, as Discord shows it. */
  readonly quiet?: { readonly line: TextLine; readonly time: string; readonly untilMs: number };
};

/** Budget for recognising one utterance, and its payer. */
export type HearingBudget = {
  readonly reservation: Reservation;
  /** Whether words not said to the bot may still be recognised for captions, where recognising costs anything. */
  readonly captions: CaptionBudgetStep;
  /** Only a recogniser that costs nothing may hear it. */
  readonly isFreeOnly?: true;
  /**
   * Decides the payer: its speaker, if it was for the bot, else the server; with `isCaptioned` by its budget for captions. Until
   * then the server does.
   */
  readonly decided: (meant: boolean, isCaptioned: boolean) => void;
};

/** Budgets of sessions. Nothing here throws, and only `ready` waits. */
export interface BudgetAuthority {
  /**
   * To be waited for before `open`: what other processes spend in this server is asked for, 2 s at most. Undefined: it is
   * known, or cannot be, or there is no other process.
   */
  ready(guildId: string): Promise<void> | undefined;
  /** To be asked before the first request of any work: what it is likely to take is set aside. */
  open(order: AnswerRequest): AnswerBudget | BudgetRefusal;
  /** Payer of what begins now; a person who is forgotten later pays no more. */
  payer(guildId: string, personId: string): Payer;
  /**
   * Whether what this person says may be recognised; where captions are wanted of it, also if they have used their own
   * share. `hasFree`: a recogniser that costs nothing can write its captions once nothing more may be spent.
   */
  listen(
    guildId: string,
    personId: string,
    isCaptioned?: boolean,
    hasFree?: boolean,
  ): HearingBudget | BudgetRefusal;
  /** Budget for recognising a recording, paid by the person who sent it. */
  listenToRecording(
    guildId: string,
    personId: string,
  ): Pick<HearingBudget, 'reservation'> | BudgetRefusal;
  /** Line about captions that the channel is to read; undefined where it was told today. */
  captionNews(guildId: string, id: CaptionNewsId): TextLine | undefined;
  /** Price of an hour of talk that is recognised, in US dollars; undefined: unknown. */
  hourPrice(guildId: string): number | undefined;
  /**
   * Counts a text that a person has read out to their share, by its estimated price and length; not where
   * it does not fit. The server pays what it really takes, once it is spoken.
   */
  read(guildId: string, personId: string, characters: number): BudgetRefusal | undefined;
  manner(guildId: string): BudgetMode;
  /** Keeps nothing of this person. */
  forget(guildId: string, personId: string): void;
}

/** Costs of a server so far; `/stats view:cost` shows them. */
export interface SpentCosts {
  today(guildId: string): SpentCost;
  /** Spending of this person there today. */
  share(guildId: string, personId: string): SpentShare;
}

export type SpentShare = {
  readonly usd: number;
  readonly minutes: number;
  /** 0: none. */
  readonly capUsd: number;
  readonly capMinutes: number;
  /** Some of it, or all, has no known price. */
  readonly isUnpriced: boolean;
  readonly turns: number;
};

export type SpentCost = SpentShare & {
  /** Person who spent most; the name where it is known, else an id. */
  readonly top?: { readonly personId: string; readonly name?: string };
};

/** A server did something that has its price, wanted or not. */
export type SpentEvent = {
  readonly kind: 'spent';
  readonly what: 'recognise' | 'think' | 'speak';
  /** Price in US dollars; absent: unknown. */
  readonly usd?: number;
};
