import type { MessagePlace } from '#src/ports/typed-messages.ts';

/** Captions of a voice channel until the bot leaves, resumed within 15 minutes. */
export type TranscriptSession = {
  /** UUID. */
  readonly id: string;
  readonly guildId: GuildId;
  readonly channelId: ChannelId;
  readonly channelName: string;
  /** Chat, text channel or thread of the captions. */
  readonly placeId: ChannelId;
  /** Wall clock at 0 ms of the lines, read once, so that a clock put back moves nothing. */
  readonly startedAtWallMs: number;
  /** Absent while the session goes on. */
  readonly endedAtWallMs?: number;
};

/** A person, or the bot with an answer to people. */
export type TranscriptSpeaker =
  | { readonly kind: 'person'; readonly personId: PersonId; readonly name: string }
  | {
      readonly kind: 'bot';
      readonly name: string;
      readonly answeredIds: readonly PersonId[];
    };

export function listSpeakerIds(speaker: TranscriptSpeaker): readonly string[] {
  return speaker.kind === 'person' ? [speaker.personId] : speaker.answeredIds;
}

/** One utterance, or the words of an answer that left the bot. */
export type TranscriptLine = {
  readonly sessionId: string;
  /** Unique in the session, from 1, in order of beginnings. */
  readonly number: number;
  readonly speaker: TranscriptSpeaker;
  /** Times of the first and last voiced packet in ms of the session. */
  readonly startMs: number;
  readonly endMs: number;
  /** Empty if the recogniser failed. */
  readonly text: string;
  /** The bot was stopped in the middle. */
  readonly isCut?: true;
  /** BCP 47. */
  readonly language?: string;
  readonly post?: MessagePlace;
  /** The speaker said yes for this session, so the line is kept 24 h at most. */
  readonly isBrief?: true;
};

/** Channels of a reader, and deleted channels in which a person has a line. */
export type ReadableChannels = {
  readonly channelIds: readonly ChannelId[];
  readonly own?: {
    readonly personId: PersonId;
    readonly goneChannelIds: readonly ChannelId[];
  };
};

export type ResumableSession = {
  readonly session: TranscriptSession;
  /** 0 if there is no line. */
  readonly lastNumber: number;
};

export type ListedSession = TranscriptSession & {
  readonly lineCount: number;
};

export type TranscriptSearch = {
  readonly guildId: GuildId;
  readonly words: string;
  readonly limit: number;
  readonly sessionId?: string;
};

export type FoundLine = {
  readonly line: TranscriptLine;
  readonly session: TranscriptSession;
};

export type QuotedLine = {
  readonly name: string;
  readonly atWallMs: number;
  readonly text: string;
  /** Address of the message. */
  readonly link?: string;
};

/** 0 keeps lines until 15 minutes after the session. */
export type KeptDays = Readonly<Record<string, number>>;

/** Place of a message, without words. */
export type CaptionMessage = MessagePlace & {
  readonly guildId: GuildId;
  readonly sessionId: string;
  readonly postedAtWallMs: number;
};

export type OutdatedMessage = {
  readonly message: CaptionMessage;
  readonly lines: readonly TranscriptLine[];
  /** Erasures that touched the message. */
  readonly outdated: number;
};
