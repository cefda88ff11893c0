import type { ConfidentialText } from '#src/people/confidential-text.ts';
import type { Consent } from '#src/people/consent.ts';
import type { ChannelFacts } from '#src/people/join-rules.ts';
import type { SoundFile } from '#src/sources/recordings.ts';
import type { Locale, TextLine } from '#src/texts/texts.ts';
import type { MessageContent } from './typed-messages.ts';
import type { ChannelMember, ChannelRef } from './voice-link.ts';

/** Modes of the bot in a channel: it answers, or only writes captions. */
export const joinModes = ['talk', 'captions'] as const;
export type JoinMode = (typeof joinModes)[number];

export type JoinOutcome =
  | {
      readonly kind: 'joined' | 'already';
      /** Consent of the caller. */
      readonly consent: Consent;
      /** Saved consents could not be loaded: only people who agree in this session are heard. */
      readonly unread?: true;
    }
  /** It sits with others. `isAsked`: they were asked whether it may come to the caller. */
  | { readonly kind: 'busy'; readonly other: ChannelRef; readonly isAsked?: boolean }
  /**
   * No answer in time, a rate limit of Discord, or the link broke at once. Retried automatically;
   * `/leave` ends that.
   */
  | { readonly kind: 'timeout' | 'resting' | 'lost' | 'offline'; readonly nextTryMs: number }
  /** Discord asks for a wait (ms) that is too long to try again without a new `/join`. */
  | { readonly kind: 'barred'; readonly restMs: number }
  /** Refused too often; the bot was disconnected; or the session ended before it had begun. */
  | { readonly kind: 'refused' | 'sent-away' | 'left' }
  /** The process is being stopped. */
  | { readonly kind: 'stopping' }
  /** This version cannot do what Discord demands of voice. */
  | { readonly kind: 'no-voice' }
  /** The Opus library has no coders left for another channel. */
  | { readonly kind: 'failed'; readonly code: string };

export type LeaveOutcome =
  | {
      readonly kind: 'left';
      readonly channel: string;
      readonly stayedMs: number;
      /** Lines of captions are kept. */
      readonly hasTranscript: boolean;
    }
  | { readonly kind: 'nowhere' };

/** Cached facts about servers and channels; discord implements it. */
export interface Places {
  findChannelFacts(channel: ChannelRef, callerId: PersonId): ChannelFacts | undefined;
  /** Whether the bot is in this server, as far as Discord has reported. */
  hasGuild(guildId: GuildId): boolean;
  /** Name of the bot in this server. */
  getBotName(guildId: GuildId): string;
  /** Language of texts for everybody in this server; English where there is no table for its language. */
  getLocale(guildId: GuildId): Locale;
  /** Whether this person has Manage Server, as far as Discord has reported. */
  mayManage(guildId: GuildId, personId: PersonId): boolean;
  /** A voice channel by its id; undefined when it is gone. */
  findChannel(guildId: GuildId, channelId: ChannelId): ChannelRef | undefined;
  /** The voice channel this person sits in; undefined: in none, as far as Discord has reported. */
  findSeat(guildId: GuildId, personId: PersonId): ChannelRef | undefined;
  /** Whether all roles and people that may open the first channel may open the second; false where that is not known. */
  isNoWider(channel: ChannelRef, other: ChannelRef): boolean;
  /** Those of these people who are members; Discord is asked for names that it has not told. Never throws. */
  listMembers(guildId: GuildId, personIds: readonly PersonId[]): Promise<readonly ChannelMember[]>;
  /** Everybody in a voice channel but the bot itself, with their roles as last reported. */
  listPeople(channel: ChannelRef): readonly ChannelMember[];
}

/** Queries about members, as Discord does not report changed roles; discord implements it. */
export interface Members {
  /**
   * Updates this member's rights in `Places`; a former member has none.
   *
   * Errors: BotError `discord.unreachable`, after 5 s at most; then all is as it was. Aborting throws `signal.reason`.
   */
  refreshMember(guildId: GuildId, personId: PersonId, signal: AbortSignal): Promise<void>;
}

/** Person whose access is checked. */
export type AccessRequest = {
  readonly guildId: GuildId;
  readonly callerId: PersonId;
  readonly callerRoleIds: readonly RoleId[];
  readonly mayManage: boolean;
};

/** Form of an answer: aloud in the channel, or in writing. */
export type AnswerForm = 'voice' | 'text';

/** Additional parts and conditions of a question, which may be empty with a recording. */
export type QuestionSubject = {
  readonly recording?: SoundFile;
  /** Pictures, which count as sent by others. */
  readonly pictures?: readonly SoundFile[];
  /** Author of the message that it is about, whose files are data like its words. Its answer knows no talk of a channel. */
  readonly sentBy?: string;
  /** Longest wait for the answer, in ms, where the asker has a limit. */
  readonly longestMs?: number;
  /** Chat in which question and answer stand for all who may open it. */
  readonly placeId?: ChannelId;
  /** Chat where a reminder is written that the question asks for. Default: `placeId`. */
  readonly askedInId?: ChannelId;
  /** Aborted when the asker has gone: an answer that is not said aloud ends, at its server too, by throwing the reason. */
  readonly signal?: AbortSignal;
  /** Manner of a spoken answer; a Realtime conversation keeps its voice. */
  readonly manner?: SpokenManner;
  /** A quoted message of any author, or what that person forwarded. */
  readonly quoted?: Pick<MessageContent, 'isForwarded' | 'text'> & { readonly author: string };
};

export type Asker = {
  readonly id: string;
  readonly name: string;
  /** A program that uses the bot over HTTP; it has no access to what people say. */
  readonly isProgram?: true;
};

/** Slowest and fastest pace that a text or an answer may be given. */
export const [slowest, fastest] = [0.5, 2];

/** Manner of a spoken text or answer; missing fields mean the default. */
export type SpokenManner = {
  /** Name of a voice. */
  readonly voice?: string;
  /** One of `VoicesAndPreviews.models`. */
  readonly model?: string;
  /** Tone in words, for the speech server; local voices support none. */
  readonly tone?: string;
  /** Pace, 0.5 to 2 at the same pitch; 1 is usual. */
  readonly speed?: number;
};

/** Button that shows a waiting tool call to its presser, and the sentence beside it. */
export type ShownConfirmation = { readonly line: TextLine; readonly button: string };

export type AskOutcome =
  | {
      readonly kind: 'answered';
      readonly text: ConfidentialText;
      /** Stands below it. */
      readonly confirmation?: ShownConfirmation;
    }
  /** The sentence from which the asker learns what went wrong. */
  | { readonly kind: 'failed'; readonly line: TextLine }
  | { readonly kind: 'nowhere' };

export type ExportOutcome =
  | { readonly kind: 'exported'; readonly json: string }
  | { readonly kind: 'failed' };

export type PrivacyStatus =
  | {
      readonly kind: 'read';
      /** In the session of this server now, or where the bot will be called to. */
      readonly consent: Consent;
      /** Stored about this person in this server: what they chose, lines of captions, memories. */
      readonly settings: number;
      readonly lines: number;
      readonly memories: number;
    }
  | { readonly kind: 'unread' };
export type SaveOutcome = { readonly isSaved: boolean };
export type ForgetOutcome =
  | {
      readonly kind: 'forgotten';
      readonly total: number;
      /** The list of people whom the server has blocked names them still. */
      readonly staysBlocked?: true;
    }
  | { readonly kind: 'failed' };

/** Readers of a reply: everybody in the channel, or the caller alone. */
export type ReplyAudience = 'room' | 'caller';

export type ConfirmOutcome =
  /** `line` is for everybody, unless `to` names its reader. */
  | { readonly kind: 'done'; readonly line?: TextLine; readonly to?: ReplyAudience }
  /** The presser does not hold the right any more. */
  | { readonly kind: 'barred'; readonly line: TextLine }
  /** The button belongs to another person. */
  | { readonly kind: 'other'; readonly name: string }
  /** Pressed already, too late, or of a session that has ended. */
  | { readonly kind: 'over' | 'failed' };

/** Latency of the last answered turns, at most 100; milliseconds from the last voiced packet to the first frame sent. */
export type AnswerLatencyStats = {
  readonly turns: number;
  readonly p50Ms: number;
  readonly p95Ms: number;
  readonly failed: number;
};

/** Latency of answers in a server; status implements it. */
export interface Stats {
  speed(guildId: GuildId): AnswerLatencyStats | undefined;
}
