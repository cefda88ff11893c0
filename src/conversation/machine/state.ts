import type { BotError } from '#src/base/errors.ts';
import type { PersonId } from '#src/base/ids.ts';
import type { PlayEnd, ReplyFinish } from '#src/base/play-end.ts';
import type { ConsentState } from '#src/people/consent.ts';
import type { JoinMode } from '#src/ports/command-ports.ts';
import type { DroppedTurnReason } from '#src/ports/session-events.ts';
import type { VoiceRestriction } from '#src/ports/voice-link.ts';
import {
  type AddressingMode,
  type AddressingState,
  initialAddressing,
} from '#src/turn/addressing/addressing.ts';
import type { AnswerWait } from '#src/turn/answer-wait.ts';
import type { VoiceEvidence } from '#src/turn/voice-evidence.ts';
import { initialReconnect, type ReconnectState } from './reconnect-policy.ts';

export type Id = number;

export type Participant = {
  readonly id: PersonId;
  readonly name: string;
  readonly isBot: boolean;
  /** Also true for a person with written answers. */
  readonly isDeaf: boolean;
  readonly hasRole: boolean;
  readonly isAdmitted: boolean;
};

export type ReplyFailure = {
  readonly error: BotError;
  readonly language: string | undefined;
};

export type UtteranceTimes = {
  readonly fromMs: number;
  toMs: number;
  pausedMs: number;
  /** At this instant the end was clear. */
  endedMs: number;
};

export type HeardUtterance = {
  evidence: VoiceEvidence;
  readonly hints: readonly string[];
  words?: string;
  recognisedMs?: number;
  language?: string;
  failure?: { readonly error: unknown };
  partial?: string;
  /** Latest words, even if they are void by now. */
  understood: string;
  isTooLong: boolean;
};

/** A recording holds its sound under the same id. */
export type UtteranceState = {
  readonly id: Id;
  readonly times: UtteranceTimes;
  readonly heard: HeardUtterance;
  isEnded: boolean;
  /** `deferred`: the request waits for the end of the utterance, as an earlier request costs too much. */
  recognition: 'off' | 'listening' | 'deferred' | 'requested';
  /** Words of an earlier pause are void. */
  pauseNumber: number;
  isOverlapping: boolean;
  isOverlaid: boolean;
  readonly isAlone: boolean;
  /** An answered turn that goes on needs no name. */
  continuesTurn: boolean;
};

export type TurnPart = { readonly utterance: Id; readonly words: string } & Partial<
  Pick<HeardUtterance, 'failure' | 'recognisedMs'> &
    Pick<UtteranceTimes, 'pausedMs' | 'toMs'>
>;

export type Answer = {
  readonly id: Id;
  readonly words: string | undefined;
  readonly lastUtterance: Id;
  historyVersion: number;
  supposedExchange: HistoryExchange | undefined;
  /** The prompt holds words of others, so a lasting change waits for Confirm. */
  hasForeignWords: boolean;
  hasCalled: boolean;
  confirmation: Id | undefined;
};

/**
 * `read`: none. `change`: noticed by everybody and undone by anybody. `last`: it lasts or leaves
 * the channel. `destroy`: it cannot be undone.
 */
export type ToolEffect = 'read' | 'change' | 'last' | 'destroy';

export type ToolRequest = {
  readonly callId: string;
  readonly tool: string;
  readonly args: string;
  readonly effect: ToolEffect;
  /** True where its result quotes others or a page. */
  readonly quotesOthers: boolean;
  readonly isSayable: boolean;
  readonly presser?: PersonId;
};

export type CallRef = { readonly answer: Id; readonly callId: string };

/** A call that changes something. It stays with the turn when the answer ends. */
export type ToolChange = {
  readonly tool: string;
  readonly args: string;
  readonly answer: Id;
  readonly lastUtterance: Id;
  state: 'asked' | 'running' | 'completed';
  resultId?: string;
  readonly quotesOthers: boolean;
  readonly confirmation: Id | undefined;
  receivers: readonly CallRef[];
};

/** One request of a person, which may grow, wait or be answered anew. */
export type TurnState = {
  readonly id: Id;
  readonly by: PersonId;
  readonly name: string;
  readonly request: Id | undefined;
  /** Undecided utterances in order. Only the last one may go on. */
  openSpeech: readonly UtteranceState[];
  parts: readonly TurnPart[];
  /** It orders the queue. */
  endedMs: number;
  answer: Answer | undefined;
  changes: readonly ToolChange[];
  /** The bot spoke to others while this turn waited. */
  hasWaited: boolean;
};

/** `behind`: after everything else. `pause`: beside the queue, until people pause. */
export type AnnouncementPlace = 'now' | 'queue' | 'behind' | 'pause';

export type Announcement = {
  readonly id: Id;
  readonly owner: PersonId | undefined;
  readonly about: readonly PersonId[];
  when: AnnouncementPlace;
  readonly isInterruptible: boolean;
  readonly isOwn: boolean;
  readonly request: Id | undefined;
  untilMs: number;
  readonly failure?: ReplyFailure;
};

export type EarlyEnd = Exclude<PlayEnd, 'completed'> | 'refused' | DroppedTurnReason;

export type TurnEnd = ReplyFinish | EarlyEnd;

/**
 * `isStarved`: the next sound is late. `finishing`: it ends with its clause. `over` follows
 * `cut`.
 */
export type ReplyPhase =
  | { readonly kind: 'making' }
  | { readonly kind: 'sounding'; readonly isStarved: boolean }
  | { readonly kind: 'finishing' | 'cut'; readonly why: EarlyEnd };

/** `deciding`: it is unknown whether the words are for the bot. */
export type TurnPhase =
  | 'speaking'
  | 'deciding'
  | 'waiting'
  | ReplyPhase['kind']
  | 'over';

export type CurrentReply = {
  readonly id: Id;
  /** The answer, or the announcement itself. */
  readonly reply: Id;
  readonly fromMs: number;
  phase: ReplyPhase;
  wholeText?: string;
  /** What people have heard while it is paused for their voices. */
  haltedAfter?: string;
  waiting: AnswerWait;
};

export type TurnQueue = {
  current: CurrentReply | undefined;
  waiting: readonly Id[];
  announcements: readonly Announcement[];
  /** The wait for the next reply begins then. */
  freeFromMs: number;
};

type SpokenYes = {
  /** `open`: a yes counts. `accepted`: a yes was said, and its speaker may still go on. */
  readonly state: 'asking' | 'open' | 'accepted';
  /** A yes counts between these instants. After a yes, the yes is taken at `toMs`. */
  readonly fromMs: number;
  readonly toMs: number;
};

export type Confirmation = {
  readonly id: Id;
  readonly by: PersonId;
  readonly presser: PersonId;
  readonly turn: Id;
  readonly tool: string;
  readonly args: string;
  readonly effect: ToolEffect;
  readonly untilMs: number;
  spokenYes: SpokenYes | undefined;
};

export type ToolRun = {
  readonly id: Id;
  readonly by: PersonId;
  readonly turn: Id;
  readonly tool: string;
  readonly args: string;
  readonly ref: CallRef | undefined;
  readonly confirmation: Id | undefined;
  readonly effect: ToolEffect;
  readonly quotesOthers: boolean;
};

export type HistoryExchange = {
  readonly by: PersonId;
  readonly name: string;
  /** Only words of this person caused the answer. */
  readonly isOwn: boolean;
  readonly words: string;
  readonly heard: string;
  /** The question was taken back or came to nothing, so no later answer may answer it. */
  readonly isOver: boolean;
};

/** `closing`: its loss is not reported yet. `gone`: the session is over. */
export type ConnectionPhase =
  | { readonly kind: 'up' | 'closing' | 'opening' | 'gone' }
  | { readonly kind: 'waiting'; readonly tryAtMs: number };

export type SessionSettings = {
  readonly mode: JoinMode;
  readonly addressing: AddressingMode;
  readonly names: readonly string[];
  /** The cap is near, or too many preemptive answers were wasted. */
  readonly isSparing: boolean;
  readonly trustsPartials: boolean;
  readonly leaveAfterMs: number;
};

export type PanelNote<Fields = unknown> = {
  readonly by: PersonId;
  readonly untilMs: number;
} & Fields;

export type SessionState = {
  settings: SessionSettings;
  restrictions: readonly VoiceRestriction[];
  isEnding: boolean;
  connection: ConnectionPhase;
  reconnect: ReconnectState;
};

export type Presence = {
  people: readonly Participant[];
  consent: ConsentState;
  aloneFromMs: number | undefined;
};

export type ToolState = {
  confirmations: readonly Confirmation[];
  runs: readonly ToolRun[];
};

export type Notes = {
  dropped: readonly PanelNote[];
  understood: readonly PanelNote<{ readonly words: string }>[];
  failures: readonly string[];
};

export type History = {
  readonly version: number;
  readonly exchanges: readonly HistoryExchange[];
};

/**
 * All facts that decide the next action in one voice channel. Steps change a copy. One file
 * changes each group: `session` connection-events.ts, `presence` consent-events.ts, `tools`
 * tool-decisions.ts, `attention` turn-addressing.ts, `history` turn-lifecycle.ts, `notes` notes.ts.
 */
export type ConversationState = {
  readonly nextId: Id;
  readonly session: SessionState;
  readonly presence: Presence;
  readonly turns: readonly TurnState[];
  readonly turnQueue: TurnQueue;
  readonly tools: ToolState;
  readonly attention: AddressingState;
  readonly history: History;
  readonly notes: Notes;
};

export function createConversationState(settings: SessionSettings): ConversationState {
  const consent: ConsentState = {
    policy: 'ask',
    isLoaded: true,
    no: [],
    yes: [],
    pressed: [],
    callers: [],
    isPaused: false,
  };
  return {
    nextId: 100,
    session: {
      settings,
      restrictions: [],
      isEnding: false,
      connection: { kind: 'opening' },
      reconnect: initialReconnect,
    },
    presence: { people: [], consent, aloneFromMs: undefined },
    turns: [],
    turnQueue: { current: undefined, waiting: [], announcements: [], freeFromMs: 0 },
    tools: { confirmations: [], runs: [] },
    attention: initialAddressing,
    history: { version: 1, exchanges: [] },
    notes: { dropped: [], understood: [], failures: [] },
  };
}
