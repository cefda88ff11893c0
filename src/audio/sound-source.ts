import type { Pcm } from './pcm.ts';

export interface SoundSource {
  readonly title: string;
  readonly lengthMs?: number;
  readonly lufs?: number;
  readonly isSeekable: boolean;
  /** True for a text that is spoken. A stop ends such a sound, and pauses others. */
  readonly isSpeech?: true;
  /**
   * Decodes sound from `fromMs` on as it is read, in pieces of any rate and length, but never empty. May be called
   * again while an earlier one is read. Throws BotError `source.*` after the sound before the failure.
   */
  open(fromMs: number, signal: AbortSignal): AsyncIterable<Pcm>;
}
