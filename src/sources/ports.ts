import type { Pcm } from '#src/audio/pcm.ts';

/** A file somebody else keeps, and what is said of it, true or not. */
export type SoundFile = {
  readonly url: string;
  readonly name: string;
  /** As a Content-Type header names it. */
  readonly type?: string;
  readonly sizeBytes?: number;
  readonly durationMs?: number;
};

/** Recordings people send. */
export interface RecordingReader {
  /**
   * The sound of a file, 16 kHz mono and at most 120 s long.
   *
   * Errors: BotError `source.*`. Aborting `signal` throws `signal.reason`.
   */
  read(file: SoundFile, signal: AbortSignal): Promise<Pcm>;
}
