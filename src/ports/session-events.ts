import type { AlertChange, FeatureAlertChange } from '#src/base/alerts.ts';
import type { ErrorCode, FailureStage } from '#src/base/errors.ts';
import type { PlayEnd, ReplyFinish } from '#src/base/play-end.ts';
import type { SpentEvent } from '#src/spending/budget-authority.ts';
import type { IgnoreReason } from '#src/turn/decide-utterance.ts';
import type { TypedOutcome } from './typed-messages.ts';
import type { ChannelRef } from './voice-link.ts';

/** The instants of a turn, named once for console, metrics and bench; milliseconds of the monotonic clock. */
export type TurnTimestamps = {
  /** Last voiced packet of the utterance arrived. */
  readonly heardAtMs: number;
  /** End of the utterance was decided. */
  readonly endedAtMs: number;
  readonly recognisedAtMs?: number;
  readonly firstTokenAtMs?: number;
  readonly firstClauseAtMs?: number;
  readonly firstSpeechAtMs?: number;
  /** First frame of the answer left as a datagram. */
  readonly firstSentAtMs?: number;
};

/**
 * End of a tool call. `asked`: it waits for a button; `pressed`: that was pressed, and it ran; `spoken`: a yes took the place of
 * the press; `known`: it was made for the same question before, and only its result is given again.
 */
export type ToolEnd = 'ran' | 'asked' | 'pressed' | 'spoken' | 'known' | 'refused' | 'failed';

/**
 * Why a question that waited gets no answer though it was meant to: others took its place, its moment has passed, or the
 * bot is being stopped.
 */
export type DroppedTurnReason = 'crowded' | 'late' | 'ending';

/** A kind of event of one feature, as the log shows it: ids and numbers, never words. */
export type FeatureEventKind<Field extends string = string> = {
  /** Message of its line in the log. */
  readonly kind: string;
  /** Fields of that line, in their order; every line may have `guildId` and `kind`. */
  readonly line: readonly (Field | 'guildId' | 'kind')[];
};

/** An event of one feature. */
type FeatureEvent<Field extends string = string> = {
  readonly kind: 'feature';
  readonly of: FeatureEventKind<Field>;
  readonly fields: Readonly<Record<Field, string | number>>;
};

/** An event of this kind. */
export function toFeatureEvent<Field extends string>(
  of: FeatureEventKind<Field>,
  fields: FeatureEvent<NoInfer<Field>>['fields'],
): FeatureEvent {
  return { kind: 'feature', of, fields };
}

/** Voice channel in which it was said or played: programs of other channels get no words of it. */
type InChannel = { readonly channelId?: ChannelId };

/** Event in one voice channel, for status, console and metrics. */
export type SessionEvent =
  | { readonly kind: 'joined'; readonly channel: ChannelRef; readonly tookMs: number }
  | {
      readonly kind: 'left';
      readonly channel: ChannelRef;
      /**
       * `refused`: Discord accepts no more tries. `sent-away`, `moved`: by another person. `forbidden`: a right was taken
       * away. `outdated`: the machine slept for more than 15 minutes.
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
      /** The speaker is left out of captions: programs get no words. */
      readonly isLeftOut?: boolean;
      /** Set when the utterance was cut for its length; its speaker had not ended. */
      readonly cut?: 'too-long';
    })
  /** Words so far of a person who still speaks, or, without a name, of the bot, as they leave; `isWhole`: all of a text that answers nobody. */
  | {
      readonly kind: 'words';
      readonly name?: string;
      readonly text: string;
      readonly isWhole: boolean;
    }
  /** A line of captions is over, with all its words. */
  | (InChannel & {
      readonly kind: 'line';
      readonly speakerId: PersonId;
      readonly name: string;
      readonly text: string;
    })
  | {
      readonly kind: 'ignored';
      readonly speakerId: PersonId;
      readonly name: string;
      readonly why: IgnoreReason;
    }
  /** A question is not answered: more than three waited, its moment has passed, or the budget is used. */
  | {
      readonly kind: 'dropped';
      readonly speakerId: PersonId;
      readonly name: string;
      readonly why: DroppedTurnReason | 'budget';
      /** Phase of the question until then: `waiting`, `making` and so on. */
      readonly phase?: string;
    }
  | SpentEvent
  /** A model called a tool while it answered this person; `unknown` is one there is not. */
  | {
      readonly kind: 'tool';
      readonly speakerId: PersonId;
      readonly tool: string;
      readonly how: ToolEnd;
      readonly tookMs: number;
    }
  | (InChannel & {
      readonly kind: 'answered';
      readonly speakerId: PersonId;
      readonly name: string;
      /** Text of the model, and the part of it that was really sent to the channel. */
      readonly text: string;
      readonly heardText: string;
      /** The asker is left out of captions: programs get no words. */
      readonly isLeftOut?: boolean | undefined;
      readonly finish: ReplyFinish;
      /** The question was typed: heard and ended are when it came. */
      readonly typed?: true;
      readonly instants: TurnTimestamps;
    })
  /** A sound or a text on a track is over; a text has no title. */
  | (InChannel & {
      readonly kind: 'played';
      readonly track: string;
      readonly title?: string | undefined;
      readonly end: PlayEnd;
    })
  /** Outcome of a message in the chat of the channel. */
  | { readonly kind: 'typed'; readonly speakerId: PersonId; readonly outcome: TypedOutcome }
  | FeatureEvent
  /** The bot was removed from the server; `items` is the number of stored rows that were erased. */
  | { readonly kind: 'erased'; readonly items: number }
  /** An alert of this channel, raised or cleared. */
  | AlertChange
  | FeatureAlertChange
  | {
      readonly kind: 'failed';
      readonly stage: FailureStage | 'store' | 'bug';
      readonly code: ErrorCode | 'bug';
      /** One sentence for the operator. */
      readonly message: string;
      /** The error behind it, for the log, which leaves out what it quotes of people. */
      readonly cause?: unknown;
    };

/** Listener to what happens in the channel of each server. */
export type SessionEventListener = (guildId: GuildId, event: SessionEvent) => void;

/** Why a session ended. */
export type LeaveReason = Extract<SessionEvent, { kind: 'left' }>['why'];
