import type { TextLine } from '#src/texts/texts.ts';
import type { Payer } from './ledger/ledger.ts';
import type { PaidKind } from './paid-kinds.ts';
import type { PaidRole } from './prices/prices.ts';
import type { ModelRequest } from './request-bound.ts';
import type { Reservation } from './reservation.ts';

/** Work that costs money. */
export type AnswerRequest = {
  readonly kind: PaidKind;
  readonly guildId: string;
  /** Person who asks; empty where none does. */
  readonly personId: string;
  /** Name as people know it. */
  readonly name: string;
  /** Payer of a question that began before its reservation is opened, as `payer` gave it then. */
  readonly payer?: Payer;
  /** Its first request: to a model, or a text to speak. */
  readonly first: ModelRequest | string;
};

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

/** Why the bot does not speak in a server, and when a new day brings a new budget, as Discord shows it. */
export type UsedBudget = { readonly line: TextLine; readonly time: string };

/** Budget for recognising one utterance, and its payer. */
export type HearingBudget = {
  readonly reservation: Reservation;
  /** Only a recogniser that costs nothing may hear it. */
  readonly isFreeOnly?: true;
  /** Decides the payer: its speaker, if it was for the bot, else the server. Until then the server does. */
  readonly decided: (meant: boolean) => void;
};

/** Budgets of sessions. Nothing here throws, and only `ready` waits. */
export interface BudgetAuthority {
  /**
   * To be waited for before `open`: what other processes spend in this server is asked for, 2 s at most. Undefined: it is
   * known, or cannot be, or there is no other process.
   */
  ready(guildId: string): Promise<void> | undefined;
  /** To be asked before the first request of any work: what that takes at least, 100 tokens and their sound, is set aside. */
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
  /** Price of an hour of talk that is recognised, in US dollars. */
  hourPrice(guildId: string): number;
  /**
   * Counts a text that a person has read out to their share, by its estimated price; not where it does not fit. The server pays
   * what it really takes, once it is spoken.
   */
  read(guildId: string, personId: string, characters: number): BudgetRefusal | undefined;
  /** Undefined as long as an answer fits into the budgets. */
  used(guildId: string): UsedBudget | undefined;
  /** Keeps nothing of this person. */
  forget(guildId: string, personId: string): void;
}

/** Costs of a server so far; `/stats view:cost` shows them. */
export interface SpentCosts {
  today(guildId: string): SpentCost;
  prices(guildId: string): ShownPrices;
  /** Spending of this person there today. */
  share(guildId: string, personId: string): SpentShare;
}

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

export type SpentCost = SpentShare & {
  /** Person who spent most; the name where it is known, else an id. */
  readonly top?: { readonly personId: string; readonly name?: string };
};

/** A server did something that has its price, wanted or not. */
export type SpentEvent = {
  readonly kind: 'spent';
  readonly what: PaidRole;
  readonly usd: number;
};
