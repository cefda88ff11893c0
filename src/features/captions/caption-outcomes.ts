import type { RecapPoint } from '#src/features/captions/answers/make-recap.ts';
import type {
  TranscriptFile,
  TranscriptFormat,
} from '#src/features/captions/files/transcript-file.ts';
import type { transcriptSubjects } from '#src/features/captions/store/transcript-ports.ts';
import type { TextLine } from '#src/texts/texts.ts';
import type { ListedSession, TranscriptSession } from './transcript-line.ts';

export type CaptionsOn =
  | {
      readonly kind: 'on';
      /** Channel or thread in which they are posted. */
      readonly placeId: string;
      /** True where that is the chat of the voice channel itself. */
      readonly isHere: boolean;
      readonly saved: boolean;
    }
  | { readonly kind: 'failed'; readonly line: TextLine }
  | { readonly kind: 'nowhere' };

export type CaptionsOff =
  | { readonly kind: 'off'; readonly saved: boolean }
  | { readonly kind: 'nowhere' };

export type FileRequest = { readonly format: TranscriptFormat; readonly sessionId?: string };

export type TranscriptQuestion = {
  readonly question: string;
  readonly about: (typeof transcriptSubjects)[number];
};

export type RecapRequest = {
  readonly sessionId?: string;
  /** Lines of the current session from before the asker came. */
  readonly until?: 'i came';
};

/** Reason for a missing transcript: no such session, no lines that the asker may know, or a failing store or server. */
export type NoTranscript = { readonly kind: 'none' | 'unread' };

export type TranscriptOutcome =
  | {
      readonly kind: 'file';
      readonly session: ListedSession;
      readonly file: TranscriptFile;
    }
  | NoTranscript;

/** A line as it is quoted. */
export type QuotedLine = {
  readonly name: string;
  readonly atWallMs: number;
  readonly text: string;
  /** Address of the message that shows it. */
  readonly link?: string;
};

/** A point of a recap, with the line that it rests on. */
export type QuotedPoint = QuotedLine & { readonly kind: RecapPoint['kind'] };

export type FindOutcome =
  | { readonly kind: 'found'; readonly lines: readonly QuotedLine[] }
  | NoTranscript;

/** `failed`: too many are being answered, the budget is used, or the chat server failed. */
export type AnswerOutcome = FindOutcome | { readonly kind: 'failed'; readonly line: TextLine };

export type RecapOutcome =
  | {
      readonly kind: 'recap';
      readonly session: TranscriptSession;
      readonly points: readonly QuotedPoint[];
    }
  | { readonly kind: 'failed'; readonly line: TextLine }
  | NoTranscript;
