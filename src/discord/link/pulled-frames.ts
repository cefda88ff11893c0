import '#src/discord/library/sodium.ts';
import { Readable } from 'node:stream';
import { type AudioResource, createAudioResource, StreamType } from '@discordjs/voice';
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

/** What a FrameSource offers, as the library's own kind of sound; the pacer reads it. */
export function resourceOf(source: FrameSource): AudioResource {
  return createAudioResource(new Pulled(source), {
    inputType: StreamType.Opus,
    silencePaddingFrames: 0,
  });
}
