import type { TranscriptFile, TranscriptFormat } from '#src/captions/files/transcript-file.ts';
import type { TranscriptSession } from '#src/captions/transcript-line.ts';
import type { ListedSession } from '#src/captions/transcript-store.ts';
import type { KnownBy } from '#src/people/confidential-text.ts';
import type { TextLine } from '#src/texts/texts.ts';
import type { Asker, SaveOutcome } from './command-ports.ts';

/** Options of captions in one voice channel, kept as long as captions are on there. */
export type CaptionOptions = {
  /** Language spoken there, BCP 47; absent: the recogniser finds out. */
  readonly language?: string | undefined;
  /** Language into which captions are translated, BCP 47. */
  readonly translateTo?: string | undefined;
};

/** Live captions of the channel where the bot sits; session implements it. */
export interface CaptionControl {
  /** Kept for that channel. Tells everybody there, aloud and in writing, before the first word is written. */
  turnOn(guildId: string, options: CaptionOptions): Promise<CaptionsOn>;
  turnOff(guildId: string): Promise<CaptionsOff>;
  isOn(guildId: string): boolean;
  /** `isOut`: this person is heard and answered, but not written. Counts at once, in later sessions, too. */
  leaveOut(guildId: string, personId: string, isOut: boolean): Promise<SaveOutcome>;
}

export type CaptionsOn =
  | {
      readonly kind: 'on' | 'already';
      /** Channel or thread in which they are posted. */
      readonly placeId: string;
      /** True where that is the chat of the voice channel itself. */
      readonly isHere: boolean;
      readonly price: HourPrice;
      readonly saved: boolean;
    }
  | { readonly kind: 'failed'; readonly line: TextLine }
  | { readonly kind: 'nowhere' };

/** What recognising an hour of talk costs, and how much of what nobody asks the bot is paid a day; 0: no limit. */
export type HourPrice = { readonly minutesADay: number } & (
  | { readonly kind: 'free' | 'unknown' }
  | { readonly kind: 'priced'; readonly usd: number }
);

export type CaptionsOff =
  | { readonly kind: 'off' | 'already'; readonly saved: boolean }
  | { readonly kind: 'nowhere' };

/** What was said, for somebody who may know it; session implements it. Nothing here tells of what they may not know. */
export interface Transcripts {
  /** Newest first, at most 25; none where they cannot be read. */
  sessions(guildId: string, personId: string): Promise<readonly ListedSession[]>;
  /** The last session where none is named. */
  file(guildId: string, personId: string, request: FileRequest): Promise<TranscriptOutcome>;
  find(guildId: string, personId: string, words: string): Promise<FindOutcome>;
  /** Lines that answer a question, chosen by the chat model; aloud only those that all present may know. */
  ask(guildId: string, asker: Asker, request: TranscriptQuestion): Promise<AnswerOutcome>;
  /** At most six points, each resting on a line. `since` is an instant of the wall clock. */
  recap(guildId: string, asker: Asker, request: RecapRequest): Promise<RecapOutcome>;
}

export type FileRequest = { readonly format: TranscriptFormat; readonly sessionId?: string };

/** `about`: the session now or the last one, all of them, or a day as `2026-11-20`. */
export type TranscriptQuestion = {
  readonly question: string;
  readonly about: string;
  /** The lines are said aloud as well, in the channel where the bot sits. */
  readonly isAloud?: boolean;
};

export type RecapRequest = {
  readonly sessionId?: string;
  readonly since: 'start' | 'i came';
  /** What was said in the session that goes on before the asker came. */
  readonly until?: 'i came';
};

/** Why there is nothing: no such session, nothing they may know, or a store or server in trouble. */
export type NoTranscript =
  | { readonly kind: 'none' | 'unread' }
  | { readonly kind: 'unknown'; readonly typed: string };

export type TranscriptOutcome =
  | {
      readonly kind: 'files';
      readonly session: ListedSession;
      readonly files: readonly TranscriptFile[];
    }
  | NoTranscript;

/** A line as it is quoted. */
export type QuotedLine = {
  readonly name: string;
  readonly atWallMs: number;
  readonly text: string;
  /** Its speaker, or the people whom the bot answered with it: whoever quotes it says something of theirs. */
  readonly aboutIds: readonly string[];
  /** Address of the message that shows it. */
  readonly link?: string;
};

export type FindOutcome =
  | {
      readonly kind: 'found';
      readonly lines: readonly QuotedLine[];
      /** Those of whom it is known that they may know all of these lines. */
      readonly knownBy: KnownBy;
      /** No chat server chose them: they are what a search found. */
      readonly isUnchosen?: true;
    }
  | NoTranscript;

/** `failed`: too many are being answered. */
export type AnswerOutcome = FindOutcome | { readonly kind: 'failed'; readonly line: TextLine };

export type RecapOutcome =
  | {
      readonly kind: 'recap';
      readonly session: TranscriptSession;
      /** Lines that were summed up. */
      readonly lineCount: number;
      readonly points: readonly QuotedLine[];
    }
  | { readonly kind: 'late' }
  | { readonly kind: 'failed'; readonly line: TextLine }
  | NoTranscript;
