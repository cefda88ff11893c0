import type { Clock } from '#src/base/clock.ts';
import type { ToolEffect } from '#src/conversation/machine/state.ts';
import type { Session, SessionPlace } from '#src/conversation/session.ts';
import type { Right } from '#src/people/rights.ts';
import type { LeaveOutcome } from '#src/ports/command-ports.ts';
import type { ReplyFile } from '#src/ports/voice-channel-chat-poster.ts';
import type { ChannelMember, ChannelRef } from '#src/ports/voice-link.ts';
import type { PlainTextId, TextLine } from '#src/texts/texts.ts';
import type { Quote } from '#src/voice/output/pending-answer.ts';

export interface ServerToolPorts extends Pick<SessionPlace, 'getSettings'> {
  readonly askerId: PersonId;
  readonly session?: Session;
  readonly guildId: GuildId;
  /** Where later words are written. Undefined where only the asker reads the answer. */
  readonly place: ChannelRef | undefined;
  readonly clock: Pick<Clock, 'wallMs'>;
  /** IANA name of the time zone of people here. */
  readonly timeZone: string;
  listPeople(): readonly ChannelMember[];
  hasAgreed(personId: PersonId): Promise<boolean>;
  /**
   * Whether this person holds the right now. Where the bot sits nowhere, only the right of anyone. Aborting `signal` throws
   * `signal.reason`.
   */
  isAllowed(right: Right, personId: PersonId, signal: AbortSignal): Promise<boolean>;
}

export interface ToolPorts extends ServerToolPorts {
  readonly session: Session;
  describeCompany(): Company;
  /** Writes into the chat of the channel, and pings nobody. Errors and abort: as `VoiceChannelChatPoster.write`. */
  post(text: string, signal: AbortSignal): Promise<void>;
  leave(): Promise<LeaveOutcome>;
}

/** A call that is ready to run or to be confirmed, or the reason why there is nothing to do. */
export type PreparedAction<Ports = ToolPorts> =
  | { readonly kind: 'refused'; readonly line: TextLine }
  | (ConfirmableAction<Ports> & { readonly kind: 'ready' });

export type ConfirmableAction<Ports = ToolPorts> = {
  /** Tells the asker everything that the call does. `{name}` is filled in. */
  readonly question: TextLine<'name'>;
  readonly spokenQuestion?: TextLine<'name'>;
  readonly files?: readonly ReplyFile[];
  /** Another person that has to confirm it in any case. */
  readonly presser?: Presser & { readonly ask: TextLine<'name'> };
  /** Default: that of the call. */
  readonly effect?: ToolEffect;
  run(ports: Ports, signal: AbortSignal): Promise<ToolOutcome>;
};

export type Presser = { readonly id: string; readonly name: string };

/** Names of people with a yes. The others are counted. */
export type Company = {
  readonly names: readonly string[];
  readonly others: number;
  readonly bots: number;
};

export type ToolOutcome = {
  /** Data for the model. */
  readonly facts: Facts;
  /** Said to the asker at the next pause after a press. Default: nothing. */
  readonly spokenLine?: TextLine;
  readonly quote?: Quote;
  /** True where a written answer shows it to the asker alone. */
  readonly isPrivate?: boolean;
} & (
  | {
      /** Text for the channel after a press. Default: that it is done. */
      readonly line?: TextLine;
      readonly hasChangedNothing?: false;
    }
  | {
      /** Reason for which nothing was changed, so that another call for the same words may run. */
      readonly line: TextLine;
      readonly hasChangedNothing: true;
    }
);
export type Facts = Readonly<Record<string, string | number | readonly string[]>>;

/** Longest run of any tool, in ms, and upper limit of the operator's setting. */
export const maxToolMs = 300_000;

/** A tool for the session. Its arguments are validated before it can run. */
export type ToolEntry = {
  readonly name: string;
  readonly description: string;
  /** Every asker of a turn must hold it at the moment of the run. */
  readonly right: Right;
  /** Whether it is offered now, in a session or where the bot sits nowhere. Default: always. */
  readonly isOffered?: (
    settings: ReturnType<SessionPlace['getSettings']>,
    session: Session | undefined,
  ) => boolean;
  readonly progressText: PlainTextId;
  /** Greatest effect of its calls. */
  readonly effect: ToolEffect;
  readonly quotesOthers?: boolean;
  readonly isAnywhere?: boolean;
  /** JSON Schema of the arguments. */
  readonly parameters: Readonly<Record<string, unknown>>;
  /** Longest run, in ms. Default: 10 s. A tool that needs more works in the background. */
  readonly deadlineMs?: number;
  /** Longest result for the model, in characters. Default: 2,000. */
  readonly resultChars?: number;
  parseArguments(argumentsJson: string): FittingCall | UnfitCall;
};

export type FittingCall = {
  readonly effect: ToolEffect;
  /** Prepares the call. Errors and abort: as its run. */
  prepare(ports: ToolPorts, signal: AbortSignal): Promise<PreparedAction>;
  prepareAnywhere?(
    ports: ServerToolPorts,
    signal: AbortSignal,
  ): Promise<PreparedAction<ServerToolPorts>>;
};
type UnfitCall = { readonly unfit: string };
