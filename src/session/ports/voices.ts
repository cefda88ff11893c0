import type { TextLine } from '#src/texts/texts.ts';
import type { Asker } from './command-ports.ts';

/** The voices and models that read texts; session implements it. */
export interface VoiceControl {
  /** Speech models that may be chosen for a text, the usual one first; none: there is no choice. */
  models(): readonly string[];
  /** Whether the speech engine is told a tone; an embedded one is not. */
  takesTone(): boolean;
  /** Their names, as far as the server tells them, within 2 s; empty where they are not known. Never throws. */
  names(): Promise<readonly string[]>;
  /** The voice that somebody typed as its server writes it, whatever the case; undefined where there is none. */
  named(typed: string): Promise<string | undefined>;
  /**
   * Has somebody hear a voice: aloud where they sit with the bot and nobody talks, nothing plays and nothing waits; else in a
   * file. Paid like a text that is read out.
   */
  preview(guildId: string, listener: Asker, sample: VoiceSample): Promise<PreviewOutcome>;
}

export type VoiceSample = {
  /** Absent: the bot's usual one. */
  readonly voice?: string | undefined;
  /** Pace; 1 is usual. */
  readonly speed?: number | undefined;
  /** Of the sentence, BCP 47. */
  readonly language: string;
};

export type PreviewOutcome =
  | { readonly kind: 'aloud' }
  /** 24 kHz mono. `isGone`: there is no such voice any more, so that the standard one speaks. */
  | { readonly kind: 'file'; readonly wav: Uint8Array; readonly isGone?: true }
  /** The sentence that tells the listener why there is nothing to hear. */
  | { readonly kind: 'failed'; readonly line: TextLine };
