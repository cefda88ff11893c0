import type { ReplyFinish } from '#src/base/play-end.ts';
import type { DroppedTurnReason, LeaveReason } from '#src/ports/session-events.ts';
import type { IgnoreReason, OverlapWords } from '#src/turn/decide-utterance.ts';
import type { SpokenCommand } from '#src/turn/overlap/interjections.ts';
import type {
  CallRef,
  EarlyEnd,
  HistoryExchange,
  Id,
  ReplyFailure,
  ToolChange,
  TurnPhase,
  TurnState,
  UtteranceState,
} from './state.ts';

type HearingEffect =
  | { readonly do: 'listen'; readonly utterance: Id; readonly by: PersonId }
  | { readonly do: 'recognise'; readonly utterance: Id; readonly pause: number }
  /** Ends a request for words: their speaker went on. */
  | { readonly do: 'cancel-recognition'; readonly utterance: Id }
  /** Gives endpointing the words up to the pause; undefined: it is to wait for none. */
  | { readonly do: 'endpoint'; readonly utterance: Id; readonly text: string | undefined }
  /** Drops sound and recogniser of an utterance. */
  | { readonly do: 'forget'; readonly utterance: Id }
  /** Gives barge-in the meaning of words over the bot's voice. */
  | ({ readonly do: 'overheard'; readonly by: PersonId } & OverlapWords);

type AnsweringEffect =
  | {
      readonly do: 'begin';
      readonly answer: Id;
      readonly turn: Id;
      readonly by: PersonId;
      /** Request of a typed turn. */
      readonly request: Id | undefined;
      /** Undefined: not recognised yet. A model that reads waits for them. */
      readonly words: string | undefined;
      /** Changes that were made for the turn before. */
      readonly done: readonly ToolChange[];
      /** Exchange that still sounds, as if it is heard whole. */
      readonly supposed: HistoryExchange | undefined;
    }
  | { readonly do: 'play'; readonly answer: Id }
  /** Ends the wait for an answer that takes too long: it fails. */
  | { readonly do: 'give-up'; readonly answer: Id; readonly afterMs: number }
  /** Ends an answer or a reading that was not heard. */
  | { readonly do: 'discard'; readonly reply: Id }
  | { readonly do: 'speak'; readonly reading: Id; readonly text: string }
  /** Falls silent within a frame. */
  | { readonly do: 'cut'; readonly reply: Id }
  | { readonly do: 'finish-clause'; readonly reply: Id }
  | { readonly do: 'cue'; readonly cue: 'tick' | 'moment' | 'error' };

type ToolCallEffect =
  | {
      readonly do: 'run';
      readonly run: Id;
      readonly by: PersonId;
      /** Call of a model. */
      readonly call: CallRef | undefined;
      /** Confirmation in place of the call. */
      readonly confirmation: Id | undefined;
    }
  | { readonly do: 'stop-run'; readonly run: Id }
  | ({ readonly do: 'result' } & CallRef & CallResult)
  | {
      readonly do: 'ask';
      readonly confirmation: Id;
      readonly presser: PersonId;
      readonly isAloud: boolean;
      readonly call: CallRef;
    }
  | { readonly do: 'close-ask'; readonly confirmation: Id };

/** What a model is told of its call. */
type CallResult =
  /** `repeated`: a former call of the same has the result. */
  | { readonly kind: 'ran' | 'repeated'; readonly resultId: string }
  /** It waits for Confirm. `asked-before`: by the button of a former call. */
  | { readonly kind: 'asked' | 'asked-before' }
  /** Its answer has called the tool often enough. */
  | { readonly kind: 'called-enough' };

type MessageEffect =
  | {
      readonly do: 'report';
      readonly request: Id;
      readonly outcome: ReportedOutcome;
      readonly failure?: ReplyFailure | undefined;
    }
  /** `by`: the person who caused it. */
  | {
      readonly do: 'notice';
      readonly line: string;
      readonly by: PersonId | undefined;
      /** Failure of which the line tells. */
      readonly error?: unknown;
    }
  | { readonly do: 'forget-person'; readonly by: PersonId }
  /** A person said a command of the bot itself. */
  | { readonly do: 'obey'; readonly command: SpokenCommand; readonly by: PersonId };

type PlaceEffect = { readonly do: 'open-link' } | { readonly do: 'end'; readonly why: LeaveReason };

/** Outcome of a request. `private`: the asker is answered in writing. */
export type ReportedOutcome = ReplyFinish | EarlyEnd | 'full' | 'private';

export type UtteranceOutcome = 'meant' | 'other' | 'nothing' | 'withdrawn' | 'broken-off';

/** Facts for captions, metrics and the log. */
export type ConversationFact =
  | {
      readonly kind: 'utterance-over';
      readonly utterance: Id;
      /** The utterance as it was at its end. */
      readonly heard: UtteranceState;
      readonly by: PersonId;
      readonly name: string;
      readonly end: UtteranceOutcome;
      readonly why?: IgnoreReason | undefined;
    }
  | {
      readonly kind: 'turn-over';
      /** The turn as it was at its end. */
      readonly turn: TurnState;
      readonly end: ReplyFinish | EarlyEnd;
    }
  /** A question is lost, as others took its place, its moment has passed, or the bot ends. */
  | {
      readonly kind: 'dropped';
      readonly by: PersonId;
      readonly name: string;
      readonly why: DroppedTurnReason;
      /** Its phase until then. */
      readonly phase: TurnPhase;
    };

/** Every action of the bot. The performer does it and answers by events. */
export type ConversationEffect =
  | HearingEffect
  | AnsweringEffect
  | ToolCallEffect
  | MessageEffect
  | PlaceEffect
  | { readonly do: 'fact'; readonly fact: ConversationFact };

export type EffectOf<Kind extends ConversationEffect['do']> = Extract<
  ConversationEffect,
  { readonly do: Kind }
>;
