import type { Pcm } from './pcm.ts';

/** Sound that a track can play: a file, a stream, an attachment, a sound made by code. */
export interface SoundSource {
  /** Title shown to people, one line. */
  readonly title: string;
  /** Length in ms, where it is known before playback. */
  readonly lengthMs?: number;
  /** Loudness of the whole sound, in LUFS, where it was measured. */
  readonly lufs?: number;
  /** False for a live stream and the like: it starts where it is. */
  readonly seekable: boolean;
  /**
   * Sound from `fromMs` on, of any rate and in pieces of any length but never empty, decoded as it is asked for and little
   * further. May be called again, also while an earlier one is read.
   *
   * Errors: BotError `source.*`, after the sound that did come. Aborting `signal` throws `signal.reason`.
   */
  open(fromMs: number, signal: AbortSignal): AsyncIterable<Pcm>;
}
