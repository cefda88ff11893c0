import '#src/discord/library/sodium.ts';
import { Readable } from 'node:stream';
import { AudioResource } from '@discordjs/voice';
import type { Frame, FrameSource } from '#src/audio/frame.ts';

/** Never ahead: each read() asks the source at that moment, and nothing is buffered. */
class Pulled extends Readable {
  readonly #source: FrameSource;

  constructor(source: FrameSource) {
    super({ objectMode: true });
    this.#source = source;
  }

  /** The stream pokes itself with read(0), which must not take a frame. */
  override read(size?: number): Frame | null {
    return size === 0 || this.destroyed ? null : (this.#source.next() ?? null);
  }
}

/**
 * What a FrameSource offers, as the library's own kind of sound; the pacer reads it. `createAudioResource` makes the same of
 * Opus, but first looks for FFmpeg by starting it, which holds the main thread for 50 ms.
 */
export function resourceOf(source: FrameSource): AudioResource {
  return new AudioResource([], [new Pulled(source)], null, 0);
}
