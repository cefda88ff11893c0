import type { ChannelId, GuildId, PersonId } from '#src/base/ids.ts';
import type { CaptionPlace } from '#src/ports/caption-chats.ts';
import type { MessagePlace } from '#src/ports/typed-messages.ts';

/** Captions of a voice channel until the bot leaves, resumed within 15 minutes. */
export type TranscriptSession = {
  readonly id: string;
  readonly guildId: GuildId;
  readonly channelId: ChannelId;
  readonly channelName: string;
  readonly placeId: ChannelId;
  /** Wall clock at 0 ms of the lines, read once. */
  readonly startedAtWallMs: number;
  readonly endedAtWallMs?: number;
};

/** The person who spoke, or the bot with the people whom it answered. */
export type TranscriptSpeaker =
  | { readonly kind: 'person'; readonly personId: PersonId; readonly name: string }
  | {
      readonly kind: 'bot';
      readonly name: string;
      readonly answeredIds: readonly PersonId[];
    };

/** Lists the people in a line: its speaker, or people whom the bot answered. */
export function listSpeakerIds(speaker: TranscriptSpeaker): readonly PersonId[] {
  return speaker.kind === 'person' ? [speaker.personId] : speaker.answeredIds;
}

/** One utterance of a person, or the words of an answer of the bot that were heard. */
export type TranscriptLine = {
  readonly sessionId: string;
  /** Unique in the session, from 1, in order of beginnings. */
  readonly number: number;
  readonly speaker: TranscriptSpeaker;
  /** Times of the first and last voiced packet, from the start of the session. */
  readonly startMs: number;
  readonly endMs: number;
  /** Empty if the recogniser failed. */
  readonly text: string;
  /** The bot was stopped in the middle. */
  readonly isCut?: true;
  readonly language?: string;
  readonly post?: MessagePlace;
  /** The speaker agreed for this session alone, so the line is kept 24 h at most. */
  readonly isBrief?: true;
};

/** Compares lines by their beginnings, which is their order wherever they are shown or kept. */
export function compareBeginnings(
  one: Pick<TranscriptLine, 'number' | 'startMs'>,
  other: Pick<TranscriptLine, 'number' | 'startMs'>,
): number {
  return one.startMs - other.startMs || one.number - other.number;
}

/** Channels whose transcripts a reader may know. */
export type ReadableChannels = {
  readonly channelIds: readonly ChannelId[];
  /** Of deleted channels a person may know sessions with a line of their own. */
  readonly own?: {
    readonly personId: PersonId;
    readonly goneChannelIds: readonly ChannelId[];
  };
};

export type ResumableSession = {
  readonly session: TranscriptSession;
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

/** A line with its session. */
export type FoundLine = {
  readonly line: TranscriptLine;
  readonly session: TranscriptSession;
};

export type QuotedLine = {
  readonly name: string;
  readonly atWallMs: number;
  readonly text: string;
  readonly link?: string;
};

/** Days that each server keeps lines. 0 keeps them until 15 minutes after the session. */
export type KeptDays = ReadonlyMap<GuildId, number>;

/** A message with captions or a recap of a session. */
export type CaptionMessage = CaptionPlace & {
  readonly guildId: GuildId;
  readonly sessionId: string;
  readonly postedAtWallMs: number;
};

export type OutdatedMessage = {
  readonly message: CaptionMessage;
  /** Lines that the message still shows. Without lines it is to be deleted. */
  readonly lines: readonly TranscriptLine[];
  /** Erasures since the last update of the message. */
  readonly outdated: number;
};
