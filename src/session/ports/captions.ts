import type { TranscriptFile, TranscriptFormat } from '#src/captions/files/transcript-file.ts';
import type { TranscriptSession } from '#src/captions/transcript-line.ts';
import type { ListedSession } from '#src/captions/transcript-store.ts';
import type { KnownBy } from '#src/people/confidential-text.ts';
import type { TextLine } from '#src/texts/texts.ts';

/** Options of captions in one voice channel, kept as long as captions are on there. */
export type CaptionOptions = {
  /** Language spoken there, BCP 47; absent: the recogniser finds out. */
  readonly language?: string | undefined;
  /** Language into which captions are translated, BCP 47. */
  readonly translateTo?: string | undefined;
};

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
