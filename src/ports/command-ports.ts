import type { ChannelId, GuildId, PersonId, RoleId } from '#src/base/ids.ts';
import type { Consent } from '#src/people/consent.ts';
import type { ChannelFacts } from '#src/people/join-rules.ts';
import type { Owned } from '#src/people/owned.ts';
import type { AccessFacts } from '#src/people/rights.ts';
import type { SoundFile } from '#src/sources/recordings.ts';
import type { Locale, TextLine } from '#src/texts/texts.ts';
import type { AdmittedContent } from './authored-content.ts';
import type { ChannelMember, ChannelRef } from './voice-link.ts';

export const joinModes = ['talk', 'captions'] as const;
export type JoinMode = (typeof joinModes)[number];

export type JoinOutcome =
  | {
      readonly kind: 'joined' | 'already';
      readonly consent: Consent;
      /** Consents are unread, so only people who press in this session are heard. */
      readonly unread?: true;
    }
  /** `isAsked` means the people there were asked to let the bot go. */
  | { readonly kind: 'busy'; readonly other: ChannelRef; readonly isAsked?: boolean }
  /** Retried until `/leave`. */
  | {
      readonly kind: 'timeout' | 'resting' | 'lost' | 'offline';
      readonly nextTryMs: number;
    }
  /** Discord asks for a wait (ms) that is too long for a retry. */
  | { readonly kind: 'barred'; readonly restMs: number }
  /**
   * `no-voice`: this version does not meet Discord's demands of voice. `overloaded`: a further channel would make those
   * stutter that talk already.
   */
  | {
      readonly kind:
        | 'refused'
        | 'sent-away'
        | 'left'
        | 'stopping'
        | 'no-voice'
        | 'overloaded';
    }
  /** No Opus coder is left for another channel. */
  | { readonly kind: 'failed'; readonly code: string };

export type LeaveOutcome =
  | {
      readonly kind: 'left';
      readonly channel: string;
      readonly stayedMs: number;
      readonly hasTranscript: boolean;
    }
  | { readonly kind: 'nowhere' };

/** A sound of a server's soundboard at Discord. */
export type SoundboardSound = {
  readonly name: string;
  /** Where Discord keeps the sound, for everybody. */
  readonly url: string;
};

/**
 * Facts of servers and channels, as Discord last reported them. No method throws, and only `listMembers` and
 * `listSoundboard` wait.
 */
export interface Places {
  /** Finds the facts on which joining a channel depends, seen by the caller. Undefined for no voice channel. */
  findChannelFacts(channel: ChannelRef, callerId: PersonId): ChannelFacts | undefined;
  /** Returns whether Discord has reported the server. */
  hasGuild(guildId: GuildId): boolean;
  /** Returns the bot's nickname in the server, or its name. */
  getBotName(guildId: GuildId): string;
  /** Returns the language of the server, or English without texts in it. */
  getLocale(guildId: GuildId): Locale;
  /** Returns whether Discord has reported the right to manage the server. */
  mayManage(guildId: GuildId, personId: PersonId): boolean;
  /** Lists the names of roles, with the id of a role that Discord has not reported. */
  listRoleNames(guildId: GuildId, roleIds: readonly RoleId[]): readonly string[];
  /** Finds a voice channel. Undefined if the bot does not know the channel, or it is for texts. */
  findChannel(guildId: GuildId, channelId: ChannelId): ChannelRef | undefined;
  /** Finds the channel where Discord last reported this person. */
  findSeat(guildId: GuildId, personId: PersonId): ChannelRef | undefined;
  /** Lists voice channels in which a scheduled event of the server runs now. */
  listEventChannels(guildId: GuildId): readonly ChannelId[];
  /** Returns whether everybody in `channel` may enter `other`. False if unknown. */
  isNoWider(channel: ChannelRef, other: ChannelRef): boolean;
  /** Returns whether exactly the same people may open both channels. False if unknown. */
  hasSameReaders(
    channel: Omit<ChannelRef, 'name'>,
    other: Omit<ChannelRef, 'name'>,
  ): boolean;
  /** Lists members, and asks Discord for unknown names. Never throws. */
  listMembers(
    guildId: GuildId,
    personIds: readonly PersonId[],
  ): Promise<readonly ChannelMember[]>;
  /** Lists the sounds of the server's soundboard, at most a minute old. Empty where the bot may not read it. */
  listSoundboard(guildId: GuildId): Promise<readonly SoundboardSound[]>;
  /** Lists everybody but the bot, with roles as last reported. */
  listPeople(channel: ChannelRef): readonly ChannelMember[];
}

/** Asks Discord for members, since it does not report changed roles. */
export interface Members {
  /**
   * Updates a member's rights in `Places`. Throws BotError `discord.unreachable` after
   * 5 s.
   */
  refreshMember(
    guildId: GuildId,
    personId: PersonId,
    signal: AbortSignal,
  ): Promise<void>;
}

export type AccessRequest = {
  readonly guildId: GuildId;
  readonly caller: AccessFacts;
};

export type AnswerForm = 'voice' | 'text';

export type QuestionSubject = {
  /** Sound that the asker hands over. */
  readonly recording?: SoundFile;
  /** Link to a sound, which the asker types. */
  readonly link?: string;
  /** Pictures that the asker hands over. They count as sent by others. */
  readonly pictures?: readonly SoundFile[];
  /** A message. If the asker did not write it, the answer knows no talk of a channel. */
  readonly material?: AdmittedContent;
  readonly longestMs?: number;
  /** Chat in which everybody reads question and answer. */
  readonly placeId?: ChannelId;
  /** Chat for a reminder that the question asks for. Default: `placeId`. */
  readonly askedInId?: ChannelId;
  /** Aborted when the asker has gone. A written answer ends by throwing the reason. */
  readonly signal?: AbortSignal;
  /** A Realtime conversation keeps its voice. */
  readonly manner?: SpokenManner;
};

/** A person, or a program in the name of its token, for whom the bot works. */
export type Asker = {
  readonly id: PersonId;
  readonly name: string;
  /** Programs have no access to spoken words. */
  readonly isProgram?: true;
};

/** Slowest and fastest speech: factors of the usual speed. */
export const slowest = 0.5;
export const fastest = 2;

export type SpokenManner = {
  readonly voice?: string;
  readonly model?: string;
  /** Tone in words. Local voices ignore it. */
  readonly tone?: string;
  /** A factor from `slowest` to `fastest`, at the same pitch. */
  readonly speed?: number;
};

export type ShownConfirmation = { readonly line: TextLine; readonly button: string };

export type AskOutcome =
  | {
      readonly kind: 'answered';
      readonly text: Owned<string>;
      /** The chat of the bot's channel was told the same words by a change, so that nothing repeats them there. */
      readonly isTold?: true | undefined;
      readonly confirmation?: ShownConfirmation;
    }
  | { readonly kind: 'failed'; readonly line: TextLine }
  | { readonly kind: 'nowhere' };

export type ExportOutcome =
  | { readonly kind: 'exported'; readonly json: string }
  | { readonly kind: 'failed' };

export type PrivacyStatus = {
  /** In the session now, or where the bot would be called to. `unread`: only a stored answer can tell. */
  readonly consent: Consent | 'unread';
  /** Numbers of stored items. Undefined while a store cannot be read. */
  readonly stored: StoredCounts | undefined;
};
export type StoredCounts = {
  readonly settings: number;
  readonly lines: number;
  readonly memories: number;
  readonly notes: number;
};
/** Outcome of a person's yes. Only an `allowed` one counts and is stored. */
export type AllowOutcome =
  | ({ readonly kind: 'allowed' } & SaveOutcome)
  /** The server does not let the person use the bot, for the reason in `line`. */
  | { readonly kind: 'denied'; readonly line: TextLine }
  /** The person has said no since. */
  | { readonly kind: 'withdrawn' };
export type SaveOutcome = { readonly isSaved: boolean };
export type ForgetOutcome =
  | {
      readonly kind: 'forgotten';
      readonly total: number;
      /** The list of blocked people still has the person. */
      readonly staysBlocked?: true;
    }
  | { readonly kind: 'failed' };

export type ReplyAudience = 'room' | 'caller';

export type ConfirmOutcome =
  /** `line` is for everybody, unless `to` names its reader. */
  | {
      readonly kind: 'completed';
      readonly line?: TextLine;
      readonly to?: ReplyAudience;
    }
  /** The presser has lost the right. */
  | { readonly kind: 'barred'; readonly line: TextLine }
  | { readonly kind: 'other'; readonly name: string }
  | { readonly kind: 'over' | 'failed' };

/** Times from the last voiced packet to the first frame, over at most 100 answered turns. */
export type AnswerLatencyStats = {
  readonly turns: number;
  readonly p50Ms: number;
  readonly p95Ms: number;
  readonly failed: number;
};

/** Calls of a server that were left and joined again, as their path had died. */
export type LeftCalls = { readonly count: number; readonly lastWallMs: number };

/** Speech that no paid recogniser got, as the local one did not hear the name of the bot in it. */
export type UnsentSpeech = { readonly count: number; readonly ms: number };

/** Figures about finished answers, and about calls. */
export interface Stats {
  /** Measures the latest answers of a server. Undefined before its first one. */
  speed(guildId: GuildId): AnswerLatencyStats | undefined;
  /** Lists what servers of models do otherwise than asked, one clause each, since the start. */
  listHabits(): readonly string[];
  /** Lists speed, memory and waiting requests of a chat model on this machine, or how far it is. */
  listModelLines(): readonly TextLine[];
  /** Finds the calls of a server that were left since the start. Undefined: none was. */
  findLeftCalls(guildId: GuildId): LeftCalls | undefined;
  /** Gets the time of paid sessions with a live model in a server since the start, in ms. */
  getTalkMs(guildId: GuildId): number;
  /** Gets the speech in a server that no paid recogniser got since the start, as it did not name the bot. */
  getUnsent(guildId: GuildId): UnsentSpeech;
}
