import type { TextLine } from '#src/texts/texts.ts';

export type VoiceSample = {
  /** Absent: the bot's usual one. */
  readonly voice?: string | undefined;
  /** Pace; 1 is usual. */
  readonly speed?: number | undefined;
  /** Language of the sentence, BCP 47. */
  readonly language: string;
};

export type PreviewOutcome =
  | { readonly kind: 'aloud' }
  /** 24 kHz mono. `isGone`: there is no such voice any more, so that the standard one speaks. */
  | { readonly kind: 'file'; readonly wav: Uint8Array; readonly isGone?: true }
  /** Reason for the listener why there is nothing to hear. */
  | { readonly kind: 'failed'; readonly line: TextLine };
