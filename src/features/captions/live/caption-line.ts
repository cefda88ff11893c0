import type { TranscriptSpeaker } from '#src/features/captions/transcript-line.ts';

/** In place of a speaker: the line says what happens beside words, for example that music plays. */
export type RemarkSpeaker = { readonly kind: 'remark' };

export const remark: RemarkSpeaker = { kind: 'remark' };

/** One utterance as live captions know it at an instant, or a remark, which is final from the beginning. */
export type CaptionLine = {
  /** Unique in its session, as `TranscriptLine.number`. */
  readonly number: number;
  readonly speaker: TranscriptSpeaker | RemarkSpeaker;
  /** First and last voiced packet, in ms since the start of the session; no end while it goes on. */
  readonly startMs: number;
  readonly endMs?: number;
  /** Recognised words. Empty and final: the recogniser failed. */
  readonly text: string;
  /** `whole`: recognised at a pause, so probably all of it. A line is final once. */
  readonly state: 'partial' | 'whole' | 'final';
  /** The bot was stopped in the middle. */
  readonly isCut?: true;
  /** Shown below the line. */
  readonly translation?: string;
};

/** Texts in captions beside the words of people, in the language of the server. Discord renders their markdown. */
export type CaptionTexts = {
  /** Instead of words the recogniser failed on, say "(not understood)". */
  readonly notUnderstood: string;
  /** After what the bot said until it was stopped, say "(stopped)". */
  readonly stopped: string;
  /** Instead of a name without a visible character. */
  readonly unnamed: string;
};
