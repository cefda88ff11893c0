import { durationMs, type Pcm } from './pcm.ts';

/** A piece of sound on its way to a track. */
export type SoundChunk =
  /** Any rate, one or two channels, any length but never empty. */
  | { readonly kind: 'pcm'; readonly pcm: Pcm }
  /** One Opus packet of `samples` per channel at 48 kHz; a track that sounds alone may send it as it is. */
  | { readonly kind: 'opus'; readonly packet: Uint8Array; readonly samples: number };

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
   * Sound from `fromMs` on, decoded as it is asked for and little further. May be called again, also while an earlier
   * one is read.
   *
   * Errors: BotError `source.*`, after the sound that did come. Aborting `signal` throws `signal.reason`.
   */
  open(fromMs: number, signal: AbortSignal): AsyncIterable<SoundChunk>;
}

export function chunkMs(chunk: SoundChunk): number {
  return chunk.kind === 'opus' ? chunk.samples / 48 : durationMs(chunk.pcm);
}
