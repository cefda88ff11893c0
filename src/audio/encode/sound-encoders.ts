import { type OpusCodec, sparesCoders } from '#src/audio/opus/opus.ts';
import { speakRateHz } from '#src/audio/pcm.ts';
import { wavHeader } from '#src/audio/wav.ts';
import type { Clock } from '#src/base/clock.ts';
import { BotError } from '#src/base/errors.ts';
import { EncoderThread } from './encoder-thread.ts';
import { OggOpus } from './ogg-opus.ts';
import type { SoundEncoder, SoundFormat, ThreadedFormat } from './sound-encoder.ts';

/** Opus coders that are left to channels, where a library has few. */
const codersKept = 12;

/** Encoders of sound for programs. MP3 and FLAC run in one thread, which is started when the first of them is asked for. */
export class SoundEncoders implements AsyncDisposable {
  readonly #codec: OpusCodec;
  readonly #clock: Clock;
  #thread: EncoderThread | undefined;

  constructor(codec: OpusCodec, clock: Clock) {
    this.#codec = codec;
    this.#clock = clock;
  }

  /** Starts all it needs at once. Errors: BotError `audio.encoder_failed`. */
  open(format: SoundFormat): SoundEncoder {
    switch (format) {
      case 'pcm':
        return plain();
      case 'wav':
        return plain(wavHeader({ rateHz: speakRateHz, channels: 1 }));
      case 'opus':
        return this.#opus();
      case 'mp3':
      case 'flac':
        return this.#threaded(format);
    }
  }

  #opus(): SoundEncoder {
    if (sparesCoders(this.#codec, codersKept)) return new OggOpus(this.#codec.encoder(speakRateHz));
    const message = `${this.#codec.name} cannot open more encoders beside those of channels.`;
    throw new BotError('audio.encoder_failed', true, message);
  }

  #threaded(format: ThreadedFormat): SoundEncoder {
    if (!this.#thread?.isAlive) this.#thread = new EncoderThread(this.#clock);
    return this.#thread.open(format);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#thread?.stop();
  }
}

/** Samples as they are, behind a head. */
function plain(head: Buffer = Buffer.alloc(0)): SoundEncoder {
  let before = head;
  const withHead = (bytes: Buffer) => {
    const all = before.length > 0 ? Buffer.concat([before, bytes]) : bytes;
    before = Buffer.alloc(0);
    return all;
  };
  return {
    push: ({ buffer, byteOffset, byteLength }) =>
      withHead(Buffer.from(buffer, byteOffset, byteLength)),
    end: () => withHead(Buffer.alloc(0)),
    [Symbol.dispose]() {},
  };
}
