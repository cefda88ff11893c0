import type { BotError } from '#src/base/errors.ts';
import type { ConsentState } from '#src/people/consent.ts';
import type { JoinMode } from '#src/ports/command-ports.ts';
import type { VoiceRestriction } from '#src/ports/seat-changes-by-others.ts';
import type { DroppedTurnReason } from '#src/ports/session-events.ts';
import {
  type AddressingMode,
  type AddressingState,
  initialAddressing,
} from '#src/turn/addressing/addressing.ts';
import type { AnswerWait } from '#src/turn/answer-wait.ts';
import type { VoiceEvidence } from '#src/turn/voice-evidence.ts';
import { initialReconnect, type ReconnectState } from './reconnect-policy.ts';

/** Number of a turn, answer, announcement, confirmation, tool run or utterance. */
export type Id = number;

export type Participant = {
  readonly id: PersonId;
  readonly name: string;
  readonly isBot: boolean;
  /** True for a deafened person, and for one with written answers. */
  readonly isDeaf: boolean;
  /** True for a member of the role of the consent policy `role`. */
  readonly hasRole: boolean;
  /** True where the server lets this person use the bot. */
  readonly isAdmitted: boolean;
};

export type ReplyFailure = {
  readonly error: BotError;
  readonly language: string | undefined;
};

type RecogniserFailure = { readonly error: unknown };

/** Speech of one person between two silences, until it is decided. A recording holds its sound under the same id. */
export type UtteranceState = {
  readonly id: Id;
  /** First and last sound of the voice, in ms. */
  readonly fromMs: number;
  toMs: number;
  isEnded: boolean;
  /** Instant, in ms, at which its end was clear. */
  endedMs: number;
  /** Number of its latest pause. Words of an earlier pause are void. */
  pauseNumber: number;
  isRecognised: boolean;
  /** True while the words up to the latest pause are requested. */
  isRequested: boolean;
  /** True while that request waits for the end, as an earlier one costs too much. */
  isDeferred: boolean;
  words: string | undefined;
  recognisedMs: number | undefined;
  language: string | undefined;
  failure: RecogniserFailure | undefined;
  /** Latest partial of a streaming recogniser. */
  partial: string | undefined;
  /** Latest words of any recogniser, even if they are void by now. */
  understood: string;
  pausedMs: number;
  evidence: VoiceEvidence;
  readonly hints: readonly string[];
  isOverlapping: boolean;
  /** True where another voice or a track sounded meanwhile. */
  isOverlaid: boolean;
  readonly isAlone: boolean;
  /** True where it continues an answered turn, so that it needs no name. */
  continuesTurn: boolean;
  isTooLong: boolean;
};

export type TurnPart = { readonly utterance: Id; readonly words: string } & Partial<
  Pick<UtteranceState, 'failure' | 'recognisedMs'>
>;

/** One attempt at the answer of a turn. A turn that grows gets another one. */
export type Answer = {
  readonly id: Id;
  readonly words: string | undefined;
  readonly lastUtterance: Id;
  historyVersion: number;
  /** Exchange in its prompt that still sounds. Undefined once all of it was heard. */
  supposedExchange: HistoryExchange | undefined;
  /** True where its prompt holds words of others or of a page. Then a lasting change waits for Confirm. */
  hasForeignWords: boolean;
  /** True once it has called any tool. */
  hasCalled: boolean;
  confirmation: Id | undefined;
};

/**
 * Effect of a tool call, besides its result for the model.
 *
 * `read`: none. `change`: of the bot's own, noticed by everybody and undone by anybody. `last`: it lasts, or leaves the channel
 * as a message does. `destroy`: it cannot be undone.
 */
export type ToolEffect = 'read' | 'change' | 'last' | 'destroy';

export type ToolRequest = {
  readonly callId: string;
  readonly tool: string;
  /** Arguments in canonical form: equal calls have equal texts. */
  readonly args: string;
  readonly effect: ToolEffect;
  /** True where its result quotes others or a page. */
  readonly quotesOthers: boolean;
  readonly isSayable: boolean;
  readonly presser?: PersonId | undefined;
};

export type CallRef = { readonly answer: Id; readonly callId: string };

/** A call that changes something for a turn. It stays with the turn when the answer ends. */
export type ToolChange = {
  readonly tool: string;
  readonly args: string;
  readonly answer: Id;
  /** Last utterance before the call. */
  readonly lastUtterance: Id;
  state: 'asked' | 'running' | 'done';
  /** Set once it is done. */
  resultId: string | undefined;
  readonly quotesOthers: boolean;
  readonly confirmation: Id | undefined;
  receivers: readonly CallRef[];
};

/** One request of a person, spoken or typed. It keeps its identity while it grows, waits or is answered anew. */
export type TurnState = {
  readonly id: Id;
  readonly by: PersonId;
  readonly name: string;
  readonly request: Id | undefined;
  /** Undecided utterances, in order. Only the last one may go on. */
  openSpeech: readonly UtteranceState[];
  parts: readonly TurnPart[];
  /** Last sound, in ms, of its parts. */
  voiceMs: number;
  /** Instant, in ms, at which the end of its last part was clear. It orders the queue. */
  endedMs: number;
  answer: Answer | undefined;
  changes: readonly ToolChange[];
  /** True where the bot spoke to others meanwhile. */
  hasWaited: boolean;
  failure?: ReplyFailure | undefined;
};

/** `behind`: after everything else. `pause`: beside the queue, until people pause. */
export type AnnouncementPlace = 'now' | 'queue' | 'behind' | 'pause';

export type Announcement = {
  readonly id: Id;
  readonly owner: PersonId | undefined;
  /** Authors of words that it repeats, and its listener. */
  readonly about: readonly PersonId[];
  when: AnnouncementPlace;
  readonly text: string;
  readonly isInterruptible: boolean;
  readonly isOwn: boolean;
  readonly request: Id | undefined;
  /** Latest instant, in ms, to which it waits for a pause. */
  untilMs: number;
  readonly failure?: ReplyFailure | undefined;
};

export type EarlyEnd =
  | 'stopped'
  | 'skipped'
  | 'withdrawn'
  | 'interrupted'
  | 'replaced'
  | 'left'
  | 'lost'
  | 'muted'
  | 'refused'
  | 'failed'
  | DroppedTurnReason;

/**
 * Phase of the current reply. `isStarved`: it has begun, and its next sound is late. `finishing`: it ends with its clause. The
 * event `over` follows `cut`.
 */
export type ReplyPhase =
  | { readonly kind: 'making' }
  | { readonly kind: 'sounding'; readonly isStarved: boolean }
  | { readonly kind: 'finishing' | 'cut'; readonly why: EarlyEnd };

/** Phase of a turn. `deciding`: everything was said, and it is unknown whether it is for the bot. */
export type TurnPhase =
  | 'speaking'
  | 'deciding'
  | 'waiting'
  | ReplyPhase['kind']
  | 'over';

export type CurrentReply = {
  /** Turn or announcement. */
  readonly id: Id;
  /** Answer of the turn, or the announcement itself. */
  readonly reply: Id;
  readonly fromMs: number;
  phase: ReplyPhase;
  /** All words of an answer, once all of its sound is there. */
  wholeText: string | undefined;
  waiting: AnswerWait;
};

export type TurnQueue = {
  current: CurrentReply | undefined;
  /** Turns and announcements that wait, in order. */
  waiting: readonly Id[];
  /** Instant, in ms, at which the last reply was over. The wait for the next one begins then. */
  freeFromMs: number;
};

/** `open`: a yes counts. `accepted`: a yes was said, and its speaker may still go on. */
type SpokenConsentState = 'none' | 'asking' | 'open' | 'accepted';

export type Confirmation = {
  readonly id: Id;
  /** The asker. */
  readonly by: PersonId;
  /** The only person with a press that counts. */
  readonly presser: PersonId;
  readonly turn: Id;
  readonly tool: string;
  readonly args: string;
  readonly effect: ToolEffect;
  readonly untilMs: number;
  spokenState: SpokenConsentState;
  /** Time, in ms, in which a yes counts. After a yes, `toMs` is the instant at which it is taken. */
  fromMs: number;
  toMs: number;
};

export type ToolRun = {
  readonly id: Id;
  readonly by: PersonId;
  readonly turn: Id;
  readonly tool: string;
  readonly args: string;
  /** Undefined for a confirmed call. */
  readonly ref: CallRef | undefined;
  readonly confirmation: Id | undefined;
  readonly effect: ToolEffect;
  readonly quotesOthers: boolean;
};

/** One question and the heard part of its answer. */
export type HistoryExchange = {
  readonly by: PersonId;
  readonly name: string;
  /** True where only words of this person caused the answer. */
  readonly isOwn: boolean;
  readonly words: string;
  readonly heard: string;
  /** True for a question that was taken back or came to nothing, which no later answer may answer. */
  readonly isOver: boolean;
};

/** Phase of the connection. `closing`: it broke, and its loss is not reported yet. `gone`: nobody tries it again. */
export type ConnectionPhase =
  | { readonly kind: 'up' | 'closing' | 'opening' | 'gone' }
  | { readonly kind: 'waiting'; readonly tryAtMs: number };

export type SessionSettings = {
  readonly mode: JoinMode;
  readonly addressing: AddressingMode;
  /** Names of the bot. */
  readonly names: readonly string[];
  /** True where no preemptive answer may begin: the cap is near, or too many were wasted. */
  readonly isSparing: boolean;
  /** True where partials have proven right. */
  readonly trustsPartials: boolean;
  readonly leaveAfterMs: number;
};

export type PanelNote<Fields = unknown> = {
  readonly by: PersonId;
  readonly untilMs: number;
} & Fields;

export type PanelNotes = {
  dropped: readonly PanelNote[];
  understood: readonly PanelNote<{ readonly words: string }>[];
};

/**
 * All facts that decide the next action of the bot in one voice channel: plain data, each fact once. Fields without `readonly`
 * are for steps, which change a copy.
 */
export type ConversationState = {
  readonly nextId: Id;
  readonly settings: SessionSettings;
  /** Restrictions of the bot's voice by moderators. */
  readonly restrictions: readonly VoiceRestriction[];
  readonly isEnding: boolean;
  /** Instant, in ms, from which the channel is empty. */
  readonly aloneFromMs: number | undefined;
  readonly isOver: boolean;
  readonly people: readonly Participant[];
  readonly consent: ConsentState;
  readonly connection: ConnectionPhase;
  readonly reconnect: ReconnectState;
  readonly turns: readonly TurnState[];
  readonly announcements: readonly Announcement[];
  readonly turnQueue: TurnQueue;
  readonly confirmations: readonly Confirmation[];
  readonly toolRuns: readonly ToolRun[];
  readonly attention: AddressingState;
  readonly history: {
    readonly version: number;
    readonly exchanges: readonly HistoryExchange[];
  };
  /** Failures that people know of and that last. */
  readonly reportedFailures: readonly string[];
  readonly panelNotes: PanelNotes;
};

export function createConversationState(settings: SessionSettings): ConversationState {
  return {
    nextId: 100,
    settings,
    restrictions: [],
    isEnding: false,
    aloneFromMs: undefined,
    isOver: false,
    people: [],
    consent: {
      policy: 'ask',
      isRead: true,
      no: [],
      yes: [],
      pressed: [],
      callers: [],
      isPaused: false,
    },
    connection: { kind: 'opening' },
    reconnect: initialReconnect,
    turns: [],
    announcements: [],
    turnQueue: { current: undefined, waiting: [], freeFromMs: 0 },
    confirmations: [],
    toolRuns: [],
    attention: initialAddressing,
    history: { version: 1, exchanges: [] },
    reportedFailures: [],
    panelNotes: { dropped: [], understood: [] },
  };
}
