import type { MessagePlace } from '#src/ports/typed-messages.ts';

/** Captions of one voice channel from when they are turned on to when the bot leaves it; resumed within 15 minutes. */
export type TranscriptSession = {
  /** A random UUID. */
  readonly id: string;
  readonly guildId: GuildId;
  /** The voice channel. */
  readonly channelId: ChannelId;
  readonly channelName: string;
  /** Chat, text channel or thread in which its captions are posted. */
  readonly placeId: ChannelId;
  /** Wall clock at 0 ms of its lines; it is read once, so that a clock put back moves nothing. */
  readonly startedAtWallMs: number;
  /** Absent while it goes on. */
  readonly endedAtWallMs?: number;
};

/** Speaker of a line: a person, or the bot itself with an answer to these people. */
export type TranscriptSpeaker =
  | { readonly kind: 'person'; readonly personId: PersonId; readonly name: string }
  | { readonly kind: 'bot'; readonly name: string; readonly answeredIds: readonly PersonId[] };

/** Ids of people whose words a line of this speaker holds. */
export function listSpeakerIds(speaker: TranscriptSpeaker): readonly string[] {
  return speaker.kind === 'person' ? [speaker.personId] : speaker.answeredIds;
}

/** One utterance of a session, or what was really sent of one answer of the bot. */
export type TranscriptLine = {
  readonly sessionId: string;
  /** Unique in its session, from 1, in the order in which utterances began to be noticed. */
  readonly number: number;
  readonly speaker: TranscriptSpeaker;
  /** First and last voiced packet, in ms since the start of the session, by the clock of the packets. */
  readonly startMs: number;
  readonly endMs: number;
  /** Empty where the recogniser failed: shown as "(not understood)". */
  readonly text: string;
  /** The bot was stopped in the middle. */
  readonly isCut?: true;
  /** BCP 47, where the recogniser tells. */
  readonly language?: string;
  /** Message that shows it. */
  readonly post?: MessagePlace;
  /** Its speaker's yes was for this session: kept 24 h at most. */
  readonly isBrief?: true;
};

/** Sessions whose words are let out: those of these channels, and those of deleted channels in which a person has a line. */
export type ReadableChannels = {
  readonly channelIds: readonly ChannelId[];
  readonly own?: { readonly personId: PersonId; readonly goneChannelIds: readonly ChannelId[] };
};

/** A session as it was left. */
export type ResumableSession = {
  readonly session: TranscriptSession;
  /** Number of its last line; 0: it has none. */
  readonly lastNumber: number;
};

export type ListedSession = TranscriptSession & {
  readonly lineCount: number;
};

export type TranscriptSearch = {
  readonly guildId: GuildId;
  /** Words as they were typed or asked. */
  readonly words: string;
  readonly limit: number;
  /** Only lines of this session. */
  readonly sessionId?: string;
};

export type FoundLine = { readonly line: TranscriptLine; readonly session: TranscriptSession };

/** A line as it is quoted. */
export type QuotedLine = {
  readonly name: string;
  readonly atWallMs: number;
  readonly text: string;
  /** Address of the message that shows it. */
  readonly link?: string;
};

/** Days that lines are kept, by server. 0: until 15 minutes after the end of their session. */
export type KeptDays = Readonly<Record<string, number>>;

/** A message of captions in a chat: no words, only where it stands. */
export type CaptionMessage = MessagePlace & {
  readonly guildId: GuildId;
  readonly sessionId: string;
  readonly postedAtWallMs: number;
};

export type OutdatedMessage = {
  readonly message: CaptionMessage;
  readonly lines: readonly TranscriptLine[];
  /** Erasures that touched it. */
  readonly outdated: number;
};
