import type { MessagePlace } from '#src/ports/desired-message.ts';
/** Captions of one voice channel from when they are turned on to when the bot leaves it; resumed within 15 minutes. */
export type TranscriptSession = {
  /** A random UUID. */
  readonly id: string;
  readonly guildId: string;
  /** The voice channel. */
  readonly channelId: string;
  readonly channelName: string;
  /** Chat, text channel or thread in which its captions are posted. */
  readonly placeId: string;
  /** Wall clock at 0 ms of its lines; it is read once, so that a clock put back moves nothing. */
  readonly startedAtWallMs: number;
  /** Absent while it goes on. */
  readonly endedAtWallMs?: number;
};

/** Speaker of a line: a person, or the bot itself with an answer to these people. */
export type TranscriptSpeaker =
  | { readonly kind: 'person'; readonly personId: string; readonly name: string }
  | { readonly kind: 'bot'; readonly name: string; readonly answeredIds: readonly string[] };

/** Ids of people whose words a line of this speaker holds. */
export function peopleIn(speaker: TranscriptSpeaker): readonly string[] {
  return speaker.kind === 'person' ? [speaker.personId] : speaker.answeredIds;
}

/** One recognised word, in ms since the start of its session; `confidence` is 0 to 1. */
export type TranscriptWord = {
  readonly text: string;
  readonly startMs: number;
  readonly endMs: number;
  readonly confidence?: number;
};

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
  readonly words?: readonly TranscriptWord[];
  /** 0 to 1, where the recogniser tells. */
  readonly confidence?: number;
  /** Message that shows it. */
  readonly post?: MessagePlace;
  /** Its speaker's yes was for this session: kept 24 h at most. */
  readonly isBrief?: true;
};
