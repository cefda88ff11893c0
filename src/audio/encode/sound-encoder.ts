/** Sound as it is sent to programs, in pieces of any length: mono at `speakRateHz` in, bytes of one format out. Has state. */
export interface SoundEncoder extends Disposable {
  /** Bytes that are ready, maybe none; to be awaited before the next call. Errors: BotError `audio.encoder_failed`. */
  push(samples: Int16Array): Uint8Array | Promise<Uint8Array>;
  /** What was held back. Errors: as `push`. */
  end(): Uint8Array | Promise<Uint8Array>;
}

export const soundFormats = ['mp3', 'opus', 'flac', 'wav', 'pcm'] as const;
export type SoundFormat = (typeof soundFormats)[number];

/** Formats that are encoded in a thread. */
export type ThreadedFormat = Extract<SoundFormat, 'mp3' | 'flac'>;

/** What the thread of encoders is told; answers come in order. */
export type ToEncoders =
  | { readonly kind: 'open'; readonly id: number; readonly format: ThreadedFormat }
  | { readonly kind: 'push'; readonly id: number; readonly samples: Int16Array }
  | { readonly kind: 'end'; readonly id: number }
  | { readonly kind: 'close'; readonly id: number };

/** Answer to each `push` and `end`. */
export type FromEncoders =
  | { readonly kind: 'bytes'; readonly id: number; readonly bytes: Uint8Array }
  | { readonly kind: 'failed'; readonly id: number; readonly message: string };
