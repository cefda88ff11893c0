import type { Clock } from '#src/base/clock.ts';
import type { GuildId, PersonId } from '#src/base/ids.ts';
import type { JudgedEffect, ToolWish } from '#src/conversation/machine/wish.ts';
import type { Quote } from '#src/conversation/mouth/pending-answer.ts';
import type {
  NamedPerson,
  Session,
  SessionChannel,
} from '#src/conversation/session.ts';
import type { Owned } from '#src/people/owned.ts';
import type { Right } from '#src/people/rights.ts';
import type { LeaveOutcome } from '#src/ports/command-ports.ts';
import type { ReplyFile } from '#src/ports/voice-channel-chat-poster.ts';
import type { ChannelMember, ChannelRef } from '#src/ports/voice-link.ts';
import type { GetSettingValue } from '#src/settings/setting-definition.ts';
import type { AnyLine, TextLine } from '#src/texts/texts.ts';

/** Ports of a call that runs in a server, with or without a session. */
export interface ServerToolPorts extends Pick<SessionChannel, 'getSettings'> {
  readonly askerId: PersonId;
  readonly session?: Session;
  readonly guildId: GuildId;
  /** Undefined where only the asker reads the answer. */
  readonly place: ChannelRef | undefined;
  readonly clock: Pick<Clock, 'wallMs'>;
  /** Lists members of the bot's channel, bots too. Empty without a session. */
  listPeople(): readonly ChannelMember[];
  /** Tests whether a person's words may be used: a lasting yes alone counts. */
  hasAgreed(personId: PersonId): Promise<boolean>;
  /**
   * Returns whether a person holds a right. Without a session nobody holds more than the right of anyone. Aborting
   * `signal` throws its reason.
   */
  isAllowed(right: Right, personId: PersonId, signal: AbortSignal): Promise<boolean>;
}

/** Ports of a call in a session, which may act on its channel. */
export interface ToolPorts extends ServerToolPorts {
  readonly session: Session;
  /** The channel of the session. */
  readonly channel: {
    /** Counts the people there, with the names of those that agreed. A program is told no names. */
    describeCompany(): Company;
    /** Posts a text in the channel's chat, without pings. Errors and abort: as `VoiceChannelChatPoster.writeText`. */
    post(text: Owned<string>, signal: AbortSignal): Promise<void>;
    /** Ends the session. Resolves when the bot has left. */
    leave(): Promise<LeaveOutcome>;
  };
}

/** A call that was checked: refused with a sentence, or ready to run. */
export type PreparedAction<Ports = ToolPorts> =
  | { readonly kind: 'refused'; readonly line: TextLine }
  | (ConfirmableAction<Ports> & { readonly kind: 'ready' });

/** Work of a call with the question that comes before it, where it needs a confirmation. */
export type ConfirmableAction<Ports = ToolPorts> = {
  /** `{name}` is filled in. */
  readonly question: AnyLine<'name'>;
  readonly spokenQuestion?: AnyLine<'name'>;
  readonly files?: readonly ReplyFile[];
  /** This person confirms the call in any case. `ask` is the question to somebody else than the asker. */
  readonly presser?: NamedPerson & { readonly ask?: AnyLine<'name'> };
  /** Question that stands in the chat with Confirm below it, for a call that nobody asked for. */
  readonly offer?: AnyLine<'name' | 's'>;
  /** Notes that the presser wants no such offer again. An offer has a button for it. */
  decline?(): void;
  /** Effect of this call, where it is not that of the tool. */
  readonly effect?: JudgedEffect;
  /** Does the wished work. Throws BotError, which the model reads as a failure. Aborting `signal` stops it where it can. */
  run(wish: ToolWish, ports: Ports, signal: AbortSignal): Promise<ToolOutcome>;
};

/** People in the channel: names of some, and the number of the others and of bots. */
export type Company = {
  readonly names: readonly string[];
  readonly others: number;
  readonly bots: number;
};

/** The outcome of a call for the model and for people. */
export type ToolOutcome = {
  readonly facts: Facts;
  /** Sentence that the bot says at the next pause after a press of Confirm. */
  readonly spokenLine?: TextLine;
  readonly quote?: Quote;
  /** The facts as sentences, where `line` says less. */
  readonly lines?: readonly TextLine[];
  /** Says that the tool failed, and why. People hear it before the rest of the answer. */
  readonly failure?: TextLine;
  /** True if a written answer shows the outcome to the asker alone. */
  readonly isPrivate?: boolean;
} & (
  | {
      readonly line?: TextLine;
      readonly hasChangedNothing?: false;
      /** The call has told the line itself, so that nobody has to post it. */
      readonly isTold?: true;
    }
  | {
      /** Says why nothing was changed. Another call for the same words may then run. */
      readonly line: TextLine;
      readonly hasChangedNothing: true;
    }
);

/** The outcome of a change, with the line that tells everybody. */
export type ChangeOutcome = ToolOutcome & { readonly line: TextLine };

/** Facts for the model. They count as data, never as words of a person. */
export type Facts = Readonly<Record<string, string | number | readonly string[]>>;

/** Longest deadline that a tool may have, in ms. */
export const maxToolMs = 300_000;

/** Limits of a tool that an owner has added. */
export type ExternalToolLimits = {
  readonly deadlineMs: number;
  readonly resultChars: number;
};

/** A tool that the model may be offered. Arguments are validated before the tool can run. */
export type ToolEntry = {
  readonly name: string;
  readonly description: string;
  /** Right that every asker of a turn must hold at the moment of the run. */
  readonly right: Right;
  /** Returns whether the model is offered the tool. Absent: always. */
  readonly isOffered?: (
    getValue: GetSettingValue,
    session: Session | undefined,
  ) => boolean;
  readonly effect: JudgedEffect;
  readonly quotesOthers?: boolean;
  /** Says what the tool does, while people wait. Absent: "One moment." */
  readonly step?: TextLine;
  readonly isAnywhere?: boolean;
  /** The tool is offered in a session alone, also to a written answer. */
  readonly needsSession?: boolean;
  readonly parameters: Readonly<Record<string, unknown>>;
  /** Absent in a tool of the bot, which has the usual limits. */
  readonly external?: ExternalToolLimits;
  /** Validates arguments, and returns the call or the reason for the model why they do not fit. Never throws. */
  parseArguments(argumentsJson: string): FittingCall | { readonly unfit: string };
};

/** A call with arguments that fit. */
export type FittingCall = {
  readonly effect: JudgedEffect;
  /** Checks a call in a session, and changes nothing yet. */
  prepare(ports: ToolPorts, signal: AbortSignal): Promise<PreparedAction>;
  /** Checks a call without a session, and changes nothing yet. Absent if the tool needs a session. */
  prepareAnywhere?(
    ports: ServerToolPorts,
    signal: AbortSignal,
  ): Promise<PreparedAction<ServerToolPorts>>;
};
