import type { Pcm } from './pcm.ts';

/** Sound that a track can play. */
export interface SoundSource {
  /** One line for people. */
  readonly title: string;
  readonly lengthMs?: number;
  readonly lufs?: number;
  /** False for a live stream. */
  readonly seekable: boolean;
  /**
   * Decodes sound from `fromMs` on as it is read, in pieces of any rate and length, but never empty.
   *
   * May be called again while an earlier one is read. Throws BotError `source.*` after the sound that did come.
   * Aborting `signal` throws `signal.reason`.
   */
  open(fromMs: number, signal: AbortSignal): AsyncIterable<Pcm>;
}
