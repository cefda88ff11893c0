import { durationMs, type Pcm } from '#src/audio/pcm.ts';
import type { SoundSource } from '#src/audio/sound-source.ts';
import type { Decoding } from '#src/sources/decode/decoding.ts';
import { refusals } from '#src/sources/fetch/refusals.ts';
import { type FfmpegOptions, throughFfmpeg } from './ffmpeg.ts';
import type { SoundBytes } from './sound-bytes.ts';

export type OpenableSound = {
  readonly title: string;
  readonly bytes: SoundBytes;
  readonly decoding: Decoding;
  readonly lengthMs: number | undefined;
  readonly longestMs: number;
  /** Decodes in place of our decoders. */
  readonly ffmpeg?: FfmpegOptions;
};

/**
 * A sound whose format is known; each reader opens its bytes anew, a live stream where it is by then. All that precedes a
 * wanted position is read and left out.
 */
export class OpenedSound implements SoundSource {
  readonly title: string;
  readonly lengthMs?: number;
  readonly seekable: boolean;
  readonly #sound: OpenableSound;

  constructor(sound: OpenableSound) {
    this.#sound = sound;
    this.title = sound.title;
    this.seekable = sound.bytes.sizeBytes !== undefined;
    if (sound.lengthMs !== undefined) this.lengthMs = sound.lengthMs;
  }

  async *open(fromMs: number, signal: AbortSignal): AsyncGenerator<Pcm> {
    const { longestMs } = this.#sound;
    let atMs = this.seekable ? Math.max(0, fromMs) : 0;
    if (atMs >= (this.lengthMs ?? Number.POSITIVE_INFINITY)) return;
    for await (const pcm of this.#from(atMs, signal)) {
      atMs += durationMs(pcm);
      if (atMs > longestMs) throw refusals.tooLong(longestMs);
      yield pcm;
    }
  }

  async *#from(skipMs: number, signal: AbortSignal): AsyncGenerator<Pcm> {
    const { bytes, decoding, ffmpeg } = this.#sound;
    const flow = bytes.from(0);
    const all = flow.all(signal);
    const sound = ffmpeg
      ? throughFfmpeg(all, skipMs, ffmpeg, signal)
      : decoding.play(all, { want: 'track', skipMs }, signal);
    try {
      for await (const pcm of sound) {
        flow.earn(durationMs(pcm));
        yield pcm;
      }
    } finally {
      flow.close();
    }
  }
}
