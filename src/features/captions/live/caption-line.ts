import type { DesiredMessage } from '#src/conversation/ports/desired-message.ts';
import type { TranscriptSpeaker } from '#src/features/captions/transcript-line.ts';
import { cleanWords } from './markdown-escaping.ts';

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
  /** Recognised words; empty while nothing is known. */
  readonly text: string;
  /**
   * `whole`: recognised at a pause, so probably all of it. A line ends once, by `final`, `no-words` or
   * `not-understood`; after that only a `final` is corrected by another `final`.
   */
  readonly state: 'partial' | 'whole' | 'final' | 'no-words' | 'not-understood';
  /** The bot was stopped in the middle. */
  readonly isCut?: true;
  /** Shown below the line; absent: it keeps the one it has. */
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

/** Effects of one step of the layout. */
export type LayoutChange = {
  readonly desired: readonly DesiredMessage[];
  /** Lines of which a message became known or is another one now; `CaptionLayout.placesOf` tells which. */
  readonly placed: readonly number[];
  /** Lines that were deleted with their message: to be erased, never shown again. */
  readonly deletedLines: readonly number[];
  /** Lines that Discord refuses to show; another text of theirs is tried again. */
  readonly refusedLines: readonly number[];
};

/** A line as it is after another version of it came; undefined where nothing changes. */
export function changedLine(
  old: CaptionLine | undefined,
  line: CaptionLine,
): CaptionLine | undefined {
  if (!old) return line;
  const translation = line.translation ?? old.translation;
  const translated = translation === undefined ? {} : { translation };
  if (!isEnded(old) || (old.state === 'final' && line.state === 'final')) {
    return { ...line, ...translated };
  }
  return line.translation === undefined ? undefined : { ...old, ...translated };
}

/** Nothing more is recognised of it, except for a correction. */
export function isEnded({ state }: CaptionLine): boolean {
  return state !== 'partial' && state !== 'whole';
}

/** It has ended and shows nothing. */
export function isWithoutWords({ state, text }: CaptionLine): boolean {
  return state === 'no-words' || (state === 'final' && cleanWords(text) === '');
}
