import type { PersonId } from '#src/base/ids.ts';
import type { DroppedTurnReason, LeaveReason } from '#src/ports/session-events.ts';
import type { TextLine } from '#src/texts/texts.ts';
import type { WaitingCue } from '#src/turn/answer-wait.ts';
import type { IgnoreReason, OverlapWords } from '#src/turn/decide-utterance.ts';
import type { WishKind } from '#src/turn/overlap/interjections.ts';
import type { ProgressQuestion } from '#src/turn/overlap/progress-questions.ts';
import type {
  CallRef,
  HistoryExchange,
  Id,
  ReplyFailure,
  ToolChange,
  TurnEnd,
  TurnPhase,
  TurnState,
  UtteranceState,
} from './state.ts';
import type { ToolWish } from './wish.ts';

type EarEffect =
  | { readonly do: 'recognise'; readonly utterance: Id; readonly pause: number }
  /** The words up to the pause are void. */
  | { readonly do: 'cancel-recognition'; readonly utterance: Id };

type MouthEffect =
  | ({ readonly do: 'overheard'; readonly by: PersonId } & OverlapWords)
  | {
      readonly do: 'begin';
      readonly answer: Id;
      readonly turn: Id;
      readonly by: PersonId;
      readonly request: Id | undefined;
      /** Undefined before recognition. */
      readonly words: string | undefined;
      readonly done: readonly ToolChange[];
      /** The exchange that still sounds, as if people heard all of it. */
      readonly supposed: HistoryExchange | undefined;
    }
  | { readonly do: 'play'; readonly answer: Id }
  | { readonly do: 'give-up'; readonly answer: Id; readonly afterMs: number }
  | { readonly do: 'discard' | 'cut' | 'finish-clause'; readonly reply: Id }
  | { readonly do: 'speak'; readonly announcement: Id }
  | { readonly do: 'cue'; readonly cue: WaitingCue | 'error' };

type ToolCallEffect =
  | {
      readonly do: 'run';
      readonly run: Id;
      readonly call: CallRef | undefined;
      readonly confirmation: Id | undefined;
      readonly wish: ToolWish;
    }
  | { readonly do: 'stop-run'; readonly run: Id }
  | ({ readonly do: 'result' } & CallRef &
      (
        | { readonly kind: 'ran' | 'repeated'; readonly resultId: string }
        /** `asked-before`: the button of an equal call waits already. */
        /** `goes-on`: the call takes long, and its result is told later. */
        | { readonly kind: 'asked' | 'asked-before' | 'called-enough' | 'goes-on' }
      ))
  | {
      readonly do: 'ask';
      readonly confirmation: Id;
      readonly presser: PersonId;
      readonly isAloud: boolean;
      readonly call: CallRef;
    }
  | { readonly do: 'close-ask'; readonly confirmation: Id };

type MessageEffect =
  /** Tells the result of a call for which no answer waits any more, at the next pause and in the chat. */
  | {
      readonly do: 'tell-result';
      readonly by: PersonId;
      readonly question: string;
      readonly resultId: string;
    }
  /** Answers a question about the work that runs, or says that it was stopped. */
  | {
      readonly do: 'tell-progress';
      readonly by: PersonId;
      readonly question: ProgressQuestion | 'stop';
    }
  | {
      readonly do: 'report';
      readonly request: Id;
      readonly outcome: TurnEnd;
      readonly failure?: ReplyFailure;
    }
  | {
      readonly do: 'notice';
      readonly line: 'reconnecting' | 'unrecognised' | 'unanswered';
      readonly error?: unknown;
    }
  /** Writes a sentence: to one person, or to all in the chat of the channel. */
  | { readonly do: 'tell'; readonly to: PersonId | undefined; readonly line: TextLine }
  /** Tells a person that no money answers the words that were meant for the bot. */
  | { readonly do: 'tell-unpaid'; readonly by: PersonId }
  | { readonly do: 'forget-person'; readonly by: PersonId }
  | { readonly do: 'obey'; readonly wish: WishKind; readonly by: PersonId };

type PlaceEffect =
  | { readonly do: 'open-link' }
  | { readonly do: 'end'; readonly why: LeaveReason };

/** `meant`: the words were for the bot. `other`: they were not. `nothing`: there were no words. */
export type UtteranceOutcome =
  | 'meant'
  | 'other'
  | 'nothing'
  | 'withdrawn'
  | 'cancelled';

/** Facts for captions, metrics and the log. */
export type ConversationFact =
  | {
      readonly kind: 'utterance-over';
      readonly utterance: UtteranceState;
      readonly by: PersonId;
      readonly name: string;
      readonly end: UtteranceOutcome;
      readonly why?: IgnoreReason;
    }
  | {
      readonly kind: 'turn-over';
      readonly turn: TurnState;
      readonly end: TurnEnd;
    }
  /** A turn got no answer: others took its place, its moment has passed, or the bot ends. */
  | {
      readonly kind: 'dropped';
      readonly by: PersonId;
      readonly name: string;
      readonly why: DroppedTurnReason;
      readonly phase: TurnPhase;
    };

/** Work of the ear and the mouth. A runner begins it without waiting, and returns the facts that it knows at once. */
export type InnerEffect =
  | EarEffect
  | MouthEffect
  // An utterance that is over gives its money back before the answer to it asks for some.
  | { readonly do: 'fact'; readonly fact: ConversationFact };

/** Work of tools, features, sessions and Discord, which is begun once the conversation has handled its events. */
export type OuterEffect = ToolCallEffect | MessageEffect | PlaceEffect;

/** Work that a step asks for. A runner posts what it learns later. */
export type ConversationEffect = InnerEffect | OuterEffect;

/** The effect of one kind. */
export type EffectOf<Kind extends ConversationEffect['do']> = ConversationEffect & {
  readonly do: Kind;
};
