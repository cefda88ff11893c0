import type { AlertChange, FeatureAlertChange } from '#src/base/alerts.ts';
import { BotError, type ErrorCode, type FailureStage } from '#src/base/errors.ts';
import type { ChannelId, GuildId, PersonId } from '#src/base/ids.ts';
import { admitError, type LoggedText } from '#src/base/logged-text.ts';
import type { PlayEnd, ReplyFinish } from '#src/base/play-end.ts';
import type { SpentEvent } from '#src/spending/budget-authority.ts';
import type { TextLine } from '#src/texts/texts.ts';
import type { IgnoreReason } from '#src/turn/decide-utterance.ts';
import type { TypedOutcome } from './typed-messages.ts';
import type { ChannelRef } from './voice-link.ts';

/** Instants of one turn on the monotonic clock, in ms. */
export type TurnTimestamps = {
  /** Last voiced packet of the utterance. */
  readonly heardAtMs: number;
  /** Decision that the utterance has ended. */
  readonly endedAtMs: number;
  /** The pause in which the last words were asked for was noticed. */
  readonly pausedAtMs?: number;
  readonly recognisedAtMs?: number;
  readonly firstTokenAtMs?: number;
  readonly firstClauseAtMs?: number;
  readonly firstSpeechAtMs?: number;
  /** First frame of the answer as a datagram. */
  readonly firstSentAtMs?: number;
};

/**
 * How a tool call ended. `asked` waits for a button, `pressed` and `spoken` ran after it or after a yes, and
 * `known` repeats an earlier result.
 */
export type ToolEnd =
  | 'ran'
  | 'asked'
  | 'pressed'
  | 'spoken'
  | 'known'
  | 'refused'
  | 'failed';

/** Why a waiting question gets no answer. */
export type DroppedTurnReason = 'crowded' | 'late' | 'ending';

/** Kind of event of a feature in the log. Its fields are ids and numbers, never words. */
export type FeatureEventKind<Field extends string = string> = {
  readonly kind: LoggedText;
  /** Fields in their order. `guildId` and `kind` are always allowed. */
  readonly line: readonly (Field | 'guildId' | 'kind')[];
};

type FeatureEvent<Field extends string = string> = {
  readonly kind: 'feature';
  readonly of: FeatureEventKind<Field>;
  readonly fields: Readonly<Record<Field, LoggedText | PersonId | number>>;
};

/** Creates an event of a feature. Its fields must be those of the kind. */
export function toFeatureEvent<Field extends string>(
  of: FeatureEventKind<Field>,
  fields: FeatureEvent<NoInfer<Field>>['fields'],
): FeatureEvent {
  return { kind: 'feature', of, fields };
}

/** The channel of an event with words. Programs of other channels get no words. */
type InChannel = { readonly channelId?: ChannelId };

/** Tokens of all requests to the chat model for one answer, estimated where the server reports none. */
export type AnswerUsage = {
  readonly inputTokens: number;
  readonly outputTokens: number;
};

/** A fact about a session for the log, the metrics and programs. */
export type SessionEvent =
  | { readonly kind: 'joined'; readonly channel: ChannelRef; readonly tookMs: number }
  | {
      readonly kind: 'left';
      readonly channel: ChannelRef;
      /**
       * `refused` means Discord takes no more tries. `sent-away` and `moved` were by
       * another person, and `forbidden` by a lost permission.
       */
      readonly why:
        | 'asked'
        | 'alone'
        | 'lost'
        | 'refused'
        | 'sent-away'
        | 'moved'
        | 'removed'
        | 'forbidden'
        | 'stopped';
    }
  | (InChannel & {
      readonly kind: 'recognised';
      readonly speakerId: PersonId;
      readonly name: string;
      readonly text: string;
      /** Programs get no words of the speaker. */
      readonly isLeftOut?: boolean;
      /** The utterance was cut for its length. */
      readonly cut?: 'too-long';
    })
  /** Words of a speaker, or of the bot without a name. `answerId` is the answer that they belong to. */
  | {
      readonly kind: 'words';
      readonly name?: string;
      readonly answerId?: number | undefined;
      readonly text: string;
      readonly isWhole: boolean;
    }
  | (InChannel & {
      readonly kind: 'line';
      readonly speakerId: PersonId;
      readonly name: string;
      readonly text: string;
    })
  /** An utterance of so many ms did not name the bot, as the local recogniser heard, and the usual recogniser did not get it. */
  | { readonly kind: 'unsent'; readonly ms: number }
  | {
      readonly kind: 'ignored';
      readonly speakerId: PersonId;
      readonly name: string;
      readonly why: IgnoreReason;
    }
  | {
      readonly kind: 'dropped';
      readonly speakerId: PersonId;
      readonly name: string;
      readonly why: DroppedTurnReason | 'budget';
      readonly phase?: LoggedText;
    }
  | SpentEvent
  /** `unknown` is a tool that does not exist. */
  | {
      readonly kind: 'tool';
      readonly speakerId: PersonId;
      readonly tool: LoggedText;
      readonly how: ToolEnd;
      readonly tookMs: number;
    }
  /** An answer begins, and has its place from now on. `answered` follows, unless it is given up unheard. */
  | {
      readonly kind: 'answering';
      readonly answerId: number;
      readonly speakerId: PersonId;
      readonly name: string;
      readonly typed?: true | undefined;
    }
  | (InChannel & {
      readonly kind: 'answered';
      /** Id of the answer within its session, as in `answering`. */
      readonly answerId: number;
      readonly speakerId: PersonId;
      readonly name: string;
      /** `text` is from the model, and `heardText` left the bot. */
      readonly text: string;
      readonly heardText: string;
      /** Programs get no words of the asker. */
      readonly isLeftOut?: boolean | undefined;
      readonly finish: ReplyFinish;
      /** A typed question has its arrival as `heardAtMs` and `endedAtMs`. */
      readonly typed?: true;
      /** A message in a chat has just the words of `text`: the reply, or the line that told of a change. */
      readonly isMessage?: boolean | undefined;
      readonly instants: TurnTimestamps;
      /** Undefined if no chat model was asked, or the answer was never heard. */
      readonly usage?: AnswerUsage | undefined;
    })
  /** A text has no title. */
  | (InChannel & {
      readonly kind: 'played';
      readonly track: string;
      readonly title?: string | undefined;
      readonly end: PlayEnd;
    })
  | {
      readonly kind: 'typed';
      readonly speakerId: PersonId;
      readonly outcome: TypedOutcome;
      /** Why the writer, who waits for a reply, met none. */
      readonly reason?: TextLine | undefined;
    }
  | FeatureEvent
  | { readonly kind: 'erased'; readonly items: number }
  /** Words of a person up to now may not leave any more, not even in events that programs have not read yet. */
  | { readonly kind: 'words-erased'; readonly personId: PersonId }
  | AlertChange
  | FeatureAlertChange
  | {
      readonly kind: 'failed';
      readonly stage: FailureStage | 'store' | 'bug';
      readonly code: ErrorCode | 'bug';
      readonly message: LoggedText;
      /** The log leaves out quotations in it. */
      readonly cause?: unknown;
    };

type FailureEvent = Extract<SessionEvent, { kind: 'failed' }>;

/** Turns an error into an event. Bugs keep the error as cause. */
export function toFailureEvent(
  error: unknown,
  stage: FailureEvent['stage'],
): FailureEvent {
  // Any other error is a mistake of ours.
  if (!(error instanceof BotError)) return toBugEvent(error);
  const { code, cause } = error;
  const message = admitError(error);
  const details = cause === undefined ? {} : { cause };
  return { kind: 'failed', stage: error.stage ?? stage, code, message, ...details };
}

function toBugEvent(cause: unknown): FailureEvent {
  return {
    kind: 'failed',
    stage: 'bug',
    code: 'bug',
    message: admitError(cause),
    cause,
  };
}

/** Gets every event of all servers. Exceptions are reported as bugs (`toSafeListener`). */
export type SessionEventListener = (guildId: GuildId, event: SessionEvent) => void;

/** Wraps a listener so that its exceptions are reported to it as bugs. */
export function toSafeListener(onEvent: SessionEventListener): SessionEventListener {
  return (guildId, event) => {
    try {
      onEvent(guildId, event);
    } catch (cause) {
      try {
        onEvent(guildId, toBugEvent(cause));
      } catch {
        // There is no other listener.
      }
    }
  };
}

export type LeaveReason = Extract<SessionEvent, { kind: 'left' }>['why'];

/** Reasons to leave after which the bot may be called back, so its seat and tracks are kept. */
export const reasonsToReturn: ReadonlySet<LeaveReason> = new Set([
  'stopped',
  'lost',
  'refused',
]);
