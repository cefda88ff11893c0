import type { Clock } from '#src/base/clock.ts';
import type { GuildId, PersonId } from '#src/base/ids.ts';
import type { ToolEffect } from '#src/conversation/machine/state.ts';
import type { NamedPerson, Session, SessionPlace } from '#src/conversation/session.ts';
import type { Right } from '#src/people/rights.ts';
import type { LeaveOutcome } from '#src/ports/command-ports.ts';
import type { ReplyFile } from '#src/ports/voice-channel-chat-poster.ts';
import type { ChannelMember, ChannelRef } from '#src/ports/voice-link.ts';
import type { GetSettingValue } from '#src/settings/setting-definition.ts';
import type { TextLine } from '#src/texts/texts.ts';
import type { Quote } from '#src/voice/output/pending-answer.ts';

export interface ServerToolPorts extends Pick<SessionPlace, 'getSettings'> {
  readonly askerId: PersonId;
  readonly session?: Session;
  readonly guildId: GuildId;
  /** Undefined where only the asker reads the answer. */
  readonly place: ChannelRef | undefined;
  readonly clock: Pick<Clock, 'wallMs'>;
  listPeople(): readonly ChannelMember[];
  hasAgreed(personId: PersonId): Promise<boolean>;
  /**
   * Returns whether a person holds a right. Without a session nobody holds more than the right of anyone. Aborting
   * `signal` throws its reason.
   */
  isAllowed(right: Right, personId: PersonId, signal: AbortSignal): Promise<boolean>;
}

export interface ToolPorts extends ServerToolPorts {
  readonly session: Session;
  readonly channel: {
    describeCompany(): Company;
    /** Posts a text in the channel's chat, without pings. Errors and abort: as `VoiceChannelChatPoster.write`. */
    post(text: string, signal: AbortSignal): Promise<void>;
    leave(): Promise<LeaveOutcome>;
  };
}

export type PreparedAction<Ports = ToolPorts> =
  | { readonly kind: 'refused'; readonly line: TextLine }
  | (ConfirmableAction<Ports> & { readonly kind: 'ready' });

export type ConfirmableAction<Ports = ToolPorts> = {
  /** `{name}` is filled in. */
  readonly question: TextLine<'name'>;
  readonly spokenQuestion?: TextLine<'name'>;
  readonly files?: readonly ReplyFile[];
  /** Another person confirms the call in any case. */
  readonly presser?: NamedPerson & { readonly ask: TextLine<'name'> };
  readonly effect?: ToolEffect;
  run(ports: Ports, signal: AbortSignal): Promise<ToolOutcome>;
};

export type Company = {
  readonly names: readonly string[];
  readonly others: number;
  readonly bots: number;
};

export type ToolOutcome = {
  readonly facts: Facts;
  /** The bot says this at the next pause after a press. */
  readonly spokenLine?: TextLine;
  readonly quote?: Quote;
  /** A written answer shows it to the asker alone. */
  readonly isPrivate?: boolean;
} & (
  | {
      readonly line?: TextLine;
      readonly hasChangedNothing?: false;
    }
  | {
      /** Another call for the same words may run. */
      readonly line: TextLine;
      readonly hasChangedNothing: true;
    }
);
export type Facts = Readonly<Record<string, string | number | readonly string[]>>;

export const maxToolMs = 300_000;

export type ExternalToolLimits = {
  readonly deadlineMs: number;
  readonly resultChars: number;
};

/** Its arguments are validated before it can run. */
export type ToolEntry = {
  readonly name: string;
  readonly description: string;
  /** Every asker of a turn holds it at the moment of the run. */
  readonly right: Right;
  /** Default: always. */
  readonly isOffered?: (
    getValue: GetSettingValue,
    session: Session | undefined,
  ) => boolean;
  readonly effect: ToolEffect;
  readonly quotesOthers?: boolean;
  readonly isAnywhere?: boolean;
  readonly parameters: Readonly<Record<string, unknown>>;
  /** Absent in a tool of the bot, which has the usual limits. */
  readonly external?: ExternalToolLimits;
  parseArguments(argumentsJson: string): FittingCall | { readonly unfit: string };
};

export type FittingCall = {
  readonly effect: ToolEffect;
  prepare(ports: ToolPorts, signal: AbortSignal): Promise<PreparedAction>;
  prepareAnywhere?(
    ports: ServerToolPorts,
    signal: AbortSignal,
  ): Promise<PreparedAction<ServerToolPorts>>;
};
