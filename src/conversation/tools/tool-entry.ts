import type { Clock } from '#src/base/clock.ts';
import type { ToolEffect } from '#src/conversation/machine/state.ts';
import type { Session, SessionPlace } from '#src/conversation/session.ts';
import type { Right } from '#src/people/rights.ts';
import type { LeaveOutcome } from '#src/ports/command-ports.ts';
import type { ReplyFile } from '#src/ports/voice-channel-chat-poster.ts';
import type { ChannelMember, ChannelRef } from '#src/ports/voice-link.ts';
import type { PlainTextId, TextLine } from '#src/texts/texts.ts';
import type { Quote } from '#src/voice/output/pending-answer.ts';

/** Parts that tools may use which need no channel. */
export interface ServerToolPorts extends Pick<SessionPlace, 'getSettings'> {
  /** Person or program whose words ask for it. */
  readonly askerId: PersonId;
  /** Session of the server; undefined where the bot sits nowhere. */
  readonly session?: Session;
  readonly guildId: GuildId;
  /** Where what comes later is written; undefined where only the asker reads the answer. */
  readonly place: ChannelRef | undefined;
  readonly clock: Pick<Clock, 'wallMs'>;
  /** IANA name of the zone of times that people read here. */
  readonly timeZone: string;
  /** People and bots in the channel of the bot, and who asks in writing. */
  listPeople(): readonly ChannelMember[];
  /** Whether this person said yes to being heard for good. */
  hasAgreed(personId: PersonId): Promise<boolean>;
  /** Whether this person holds the right now; where the bot sits nowhere, only that of anyone. Aborting `signal` throws `signal.reason`. */
  isAllowed(right: Right, personId: PersonId, signal: AbortSignal): Promise<boolean>;
}

/** Parts of the session that tools may use in their channel. */
export interface ToolPorts extends ServerToolPorts {
  readonly session: Session;
  /** People in the channel besides the bot. */
  describeCompany(): Company;
  /** Into the chat of the channel; pings nobody. Errors and abort: as `VoiceChannelChatPoster.write`. */
  post(text: string, signal: AbortSignal): Promise<void>;
  leave(): Promise<LeaveOutcome>;
}

/** Action of a press of Confirm, and the person who may press; or the reason why there is nothing to confirm. */
export type PreparedAction<Ports = ToolPorts> =
  | { readonly kind: 'refused'; readonly line: TextLine }
  | (ConfirmableAction<Ports> & { readonly kind: 'ready' });

export type ConfirmableAction<Ports = ToolPorts> = {
  /** Question to the asker, which tells everything that the call does; `{name}` is filled in. */
  readonly question: TextLine<'name'>;
  /** The question as it is said. Default: `ask`. */
  readonly spokenQuestion?: TextLine<'name'>;
  /** Content that is too long for that sentence. */
  readonly files?: readonly ReplyFile[];
  /** Another person whose press it waits for in any case, and the question beside that button. */
  readonly presser?: Presser & { readonly ask: TextLine<'name'> };
  /** Default: that of the call. */
  readonly effect?: ToolEffect;
  run(ports: Ports, signal: AbortSignal): Promise<ToolOutcome>;
};

/** The only person who may press a button. */
export type Presser = { readonly id: string; readonly name: string };

/** Names only of people who agreed to be heard; the others are counted. */
export type Company = {
  readonly names: readonly string[];
  readonly others: number;
  readonly bots: number;
};

export type ToolOutcome = {
  /** Data for the model. */
  readonly facts: Facts;
  /** Speech for the asker at the next pause after a press of a button; left out: nothing. */
  readonly spokenLine?: TextLine;
  /** Said in place of the rest of the model's answer. */
  readonly quote?: Quote;
  /** True when an answer in writing shows it to the asker alone. */
  readonly isPrivate?: boolean;
} & (
  | {
      /** Text for the channel after a press of a button; left out: that it is done. */
      readonly line?: TextLine;
      readonly hasChangedNothing?: false;
    }
  | {
      /** Reason for the asker: nothing was changed, so that another call for the same words may. */
      readonly line: TextLine;
      readonly hasChangedNothing: true;
    }
);
export type Facts = Readonly<Record<string, string | number | readonly string[]>>;

/** Longest run of any tool, in ms: upper limit of the operator's setting. */
export const maxToolMs = 300_000;

/** A tool as the session sees it: its arguments are validated before it can run. */
export type ToolEntry = {
  readonly name: string;
  /** Purpose of the tool, for the model. */
  readonly description: string;
  /** Every asker of a turn must hold it, at the moment of the run. */
  readonly right: Right;
  /** Whether it is offered now, in a session or where the bot sits nowhere. Default: always. */
  readonly isOffered?: (
    settings: ReturnType<SessionPlace['getSettings']>,
    session: Session | undefined,
  ) => boolean;
  readonly progressText: PlainTextId;
  /** Greatest effect of its calls. */
  readonly effect: ToolEffect;
  /** Its result holds words that are not the bot's own. */
  readonly quotesOthers?: boolean;
  /** Whether it needs no channel. */
  readonly isAnywhere?: boolean;
  /** JSON Schema of the arguments. */
  readonly parameters: Readonly<Record<string, unknown>>;
  /** Longest run, in ms, `maxToolMs` at most. Default: 10 s; what takes longer is done in the background. */
  readonly deadlineMs?: number;
  /** Longest result that the model gets, in characters. Default: 2,000. */
  readonly resultChars?: number;
  parseArguments(argumentsJson: string): FittingCall | UnfitCall;
};

/** A call whose arguments fit. */
export type FittingCall = {
  readonly effect: ToolEffect;
  /** The action, if there is one. Errors and abort: as `run` of the tool. */
  prepare(ports: ToolPorts, signal: AbortSignal): Promise<PreparedAction>;
  /** The same of a tool that needs no channel. */
  prepareAnywhere?(
    ports: ServerToolPorts,
    signal: AbortSignal,
  ): Promise<PreparedAction<ServerToolPorts>>;
};
type UnfitCall = { readonly unfit: string };
