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
import type { TimedWords } from '#src/turn/same-voice.ts';
import type { VoiceEvidence } from '#src/turn/voice-evidence.ts';
import { initialReconnect, type ReconnectState } from './reconnect-policy.ts';

/** Number of a turn, utterance, reply, call or confirmation, each unique in its conversation. */
export type Id = number;

/** A member of the voice channel, other bots included. */
export type Participant = {
  readonly id: PersonId;
  readonly name: string;
  readonly isBot: boolean;
  /** Also true for a person with written answers. */
  readonly isDeaf: boolean;
  readonly hasRole: boolean;
  readonly isAdmitted: boolean;
};

/** A failure that the bot tells people of aloud, in `language` (BCP 47). */
export type ReplyFailure = {
  readonly error: BotError;
  readonly language: string | undefined;
};

/**
 * Monotonic instants of an utterance, in ms. `toMs` is the end of the voice, `pausedMs` the notice of the latest
 * pause.
 */
export type UtteranceTimes = {
  readonly fromMs: number;
  toMs: number;
  pausedMs: number;
  /** Instant at which the silence was long enough to end the utterance. */
  endedMs: number;
};

/**
 * The words of an utterance as far as known: `partial` may still change, and `words` are those up to the latest
 * pause.
 */
export type HeardUtterance = {
  evidence: VoiceEvidence;
  readonly hints: readonly string[];
  words?: string;
  recognisedMs?: number;
  language?: string;
  failure?: { readonly error: unknown };
  partial?: string;
  /** Latest words, also after the speaker went on, when they do not count any more. */
  understood: string;
  isTooLong: boolean;
};

/** One utterance of a turn. A recording holds the sound under the same id. */
export type UtteranceState = {
  readonly id: Id;
  readonly times: UtteranceTimes;
  readonly heard: HeardUtterance;
  isEnded: boolean;
  /**
   * `unnamed`: the local recogniser listens for the name of the bot, and no other one does yet. `deferred`: the request waits for
   * the end of the utterance, as an earlier request costs too much.
   */
  recognition: 'off' | 'unnamed' | 'listening' | 'deferred' | 'requested';
  /** Number of the latest pause. Words that were asked for in an earlier pause do not count. */
  pauseNumber: number;
  isOverlapping: boolean;
  isOverlaid: boolean;
  readonly isAlone: boolean;
  /** True if the utterance continues a turn that was meant for the bot, so that it needs no name. */
  continuesTurn: boolean;
};

/** A decided utterance of a turn. */
export type TurnPart = { readonly utterance: Id; readonly words: string } & Partial<
  Pick<HeardUtterance, 'failure' | 'recognisedMs'> &
    Pick<UtteranceTimes, 'pausedMs' | 'toMs'>
>;

/** An answer that was begun. `words` are those it was begun on, undefined if a model hears for itself. */
export type Answer = {
  readonly id: Id;
  readonly words: string | undefined;
  readonly lastUtterance: Id;
  historyVersion: number;
  supposedExchange: HistoryExchange | undefined;
  /** The prompt holds words of others, so a lasting change waits for Confirm. */
  hasForeignWords: boolean;
  /** It was stopped since it may repeat words of a person who is forgotten, and none of it is kept. */
  isErased?: boolean;
  /** True once somebody whose words its prompt may hold has said no: its model is asked no more. */
  isClosed?: boolean;
  hasCalled: boolean;
  confirmation: Id | undefined;
  /** As in the exchange that the answer makes. */
  languageOrder?: string;
};

/**
 * Effect of a tool call. `read`: none. `change`: noticed by everybody and undone by anybody. `last`: lasts, or leaves
 * the channel. `destroy`: cannot be undone.
 */
export type ToolEffect = 'read' | 'change' | 'last' | 'destroy';

/** A call of the model, checked and ready to run. `args` is JSON. */
export type ToolRequest = {
  readonly callId: string;
  readonly tool: string;
  readonly args: string;
  readonly effect: ToolEffect;
  /** True where the result quotes other people or a web page. */
  readonly quotesOthers: boolean;
  readonly isSayable: boolean;
  readonly presser?: PersonId;
};

/** A tool call of one answer. */
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
  /** Instant of the end of the turn. The queue is in this order. */
  endedMs: number;
  answer: Answer | undefined;
  changes: readonly ToolChange[];
  /** True if the bot spoke to other people while this turn waited. */
  hasWaited: boolean;
};

/** `behind`: after everything else. `pause`: beside the queue, until people pause. */
export type AnnouncementPlace = 'now' | 'queue' | 'behind' | 'pause';

/** A text that waits to be said, or sounds, and answers no turn. `about` are the people whose words it holds. */
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
  /** People whose questions found no place, in order. Undefined for other announcements. */
  crowdedOut?: readonly PersonId[];
};

/** Reason for which a turn or announcement ended before its reply was whole. */
export type EarlyEnd = Exclude<PlayEnd, 'completed'> | 'refused' | DroppedTurnReason;

/** End of a turn or announcement. */
export type TurnEnd = ReplyFinish | EarlyEnd;

/**
 * Phase of the current reply. `isStarved`: the next sound is late. `finishing`: the reply ends with its clause.
 * `cut`: the reply fades out, and the event `over` follows.
 */
export type ReplyPhase =
  | { readonly kind: 'making' }
  | { readonly kind: 'sounding'; readonly isStarved: boolean }
  | { readonly kind: 'finishing' | 'cut'; readonly why: EarlyEnd };

/** Phase of a turn. `deciding`: it is unknown whether the words are for the bot. */
export type TurnPhase =
  | 'speaking'
  | 'deciding'
  | 'waiting'
  | ReplyPhase['kind']
  | 'over';

/** The answer or announcement that is made or sounds now. `id` is its turn, or the announcement. */
export type CurrentReply = {
  readonly id: Id;
  /** The answer, or the announcement itself. */
  readonly reply: Id;
  readonly fromMs: number;
  /** Instant of the first sound. Undefined before it. */
  heardFromMs?: number;
  phase: ReplyPhase;
  wholeText?: string;
  /** Words that people have heard of a reply that is paused for their voices. Undefined while the reply goes on. */
  haltedAfter?: string;
  waiting: AnswerWait;
};

/** The current reply, and the turns and announcements that wait, in order. */
export type TurnQueue = {
  current: CurrentReply | undefined;
  waiting: readonly Id[];
  announcements: readonly Announcement[];
  /** Instant from which the next reply counts as waited for. */
  freeFromMs: number;
  /** Instant at which the bot last ended to speak, or wrote to people of itself. */
  toldAtMs: number;
};

type SpokenYes = {
  /** `open`: a yes counts. `accepted`: a yes was said, and its speaker may still go on. */
  readonly state: 'asking' | 'open' | 'accepted';
  /** A yes counts between these instants. After a yes, the yes is taken at `toMs`. */
  readonly fromMs: number;
  readonly toMs: number;
};

/** A tool call that waits until `presser` confirms it. */
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

/** A tool call that runs. */
export type ToolRun = {
  readonly fromMs: number;
  /** The question that it is for, once the answer waits no longer: the result is told by itself when people pause. */
  readonly isDetached?: boolean;
  readonly question?: string;
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

/** A question and the words of its answer that people heard. */
export type HistoryExchange = {
  readonly by: PersonId;
  readonly name: string;
  /** Only words of this person caused the answer. */
  readonly isOwn: boolean;
  readonly words: string;
  readonly heard: string;
  /** The question was taken back or came to nothing, so no later answer may answer it. */
  readonly isOver: boolean;
  /** Order on the language of the answer, as its prompt has it. Empty: it has none. Undefined: not known. */
  readonly languageOrder?: string | undefined;
};

/** State of the voice connection. `closing`: its loss is not reported yet. `gone`: the session is over. */
export type ConnectionPhase =
  | { readonly kind: 'up' | 'closing' | 'opening' | 'gone' }
  | { readonly kind: 'waiting'; readonly tryAtMs: number };

/** The settings of a session that decisions depend on. */
export type SessionSettings = {
  readonly mode: JoinMode;
  readonly addressing: AddressingMode;
  readonly names: readonly string[];
  /** True if a budget is nearly used, or too many preemptive answers were wasted. */
  readonly isSparing: boolean;
  readonly trustsPartials: boolean;
  /** True while a track beside `voice` sounds, so that words may be a stop. */
  readonly hasTrackSound?: boolean;
  readonly leaveAfterMs: number;
};

/** A note about a person on the panel, shown until `untilMs`. */
export type PanelNote<Fields = unknown> = {
  readonly by: PersonId;
  readonly untilMs: number;
} & Fields;

/** The session itself: settings, restrictions by Discord, and connection. */
export type SessionState = {
  settings: SessionSettings;
  restrictions: readonly VoiceRestriction[];
  isEnding: boolean;
  connection: ConnectionPhase;
  reconnect: ReconnectState;
};

/** The people in the channel and their consent. `aloneFromMs` is undefined while people are there. */
export type Presence = {
  people: readonly Participant[];
  consent: ConsentState;
  aloneFromMs: number | undefined;
};

/** Tool calls that wait for Confirm, and those that run. */
export type ToolState = {
  confirmations: readonly Confirmation[];
  runs: readonly ToolRun[];
};

/** Notes for the panel, failures that people were told of, and the latest decided words of each person. */
export type Notes = {
  decided: readonly PanelNote<TimedWords>[];
  dropped: readonly PanelNote[];
  understood: readonly PanelNote<{ readonly words: string }>[];
  failures: readonly string[];
};

/** Earlier exchanges, oldest first. `version` grows with each change that outdates begun answers. */
export type History = {
  readonly version: number;
  readonly exchanges: readonly HistoryExchange[];
};

/**
 * All facts that decide the next action in one voice channel. Steps change a copy. One file
 * changes each group: `session` step.ts, `presence` consent-events.ts, `tools`
 * tool-decisions.ts, `attention` turn-addressing.ts, `history` turn-lifecycle.ts, `notes` draft.ts.
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

/** Creates the state of a new session, before its voice connection is up. */
export function createConversationState(settings: SessionSettings): ConversationState {
  const consent: ConsentState = {
    policy: 'ask',
    isLoaded: true,
    no: [],
    yes: [],
    pressed: [],
    callers: [],
    told: [],
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
    turnQueue: {
      current: undefined,
      waiting: [],
      announcements: [],
      freeFromMs: 0,
      toldAtMs: Number.NEGATIVE_INFINITY,
    },
    tools: { confirmations: [], runs: [] },
    attention: initialAddressing,
    history: { version: 1, exchanges: [] },
    notes: { decided: [], dropped: [], understood: [], failures: [] },
  };
}
