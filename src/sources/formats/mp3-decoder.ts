import { MPEGDecoder } from 'mpg123-decoder';
import type { Pcm } from '#src/audio/pcm.ts';
import {
  type Decoder,
  interleavePcm,
  type SoundSkip,
} from '#src/sources/decode/decoder.ts';
import { type Mp3Frame, Mp3Frames } from './mp3-frames.ts';

/** A frame may use up to 511 bytes of the frames before it. */
const preRollMs = 300;

/** Opens MP3. Frames far before the wanted position are skipped. */
export async function openMp3(skip: SoundSkip): Promise<Decoder> {
  const decoder = new MPEGDecoder();
  await decoder.ready;
  return new Mp3Decoder(decoder, skip);
}

class Mp3Decoder implements Decoder {
  readonly #decoder: MPEGDecoder;
  readonly #skip: SoundSkip;
  readonly #frames = new Mp3Frames();
  #hasFirst = false;

  constructor(decoder: MPEGDecoder, skip: SoundSkip) {
    this.#decoder = decoder;
    this.#skip = skip;
  }

  /** Decodes the frames that the bytes complete. */
  addBytes(bytes: Uint8Array): readonly Pcm[] {
    return this.#decodeFrames(this.#frames.addBytes(bytes));
  }

  /** Decodes the last frames. */
  end(): readonly Pcm[] {
    return this.#decodeFrames(this.#frames.end());
  }

  /** Frees the memory of the decoder. */
  free(): void {
    this.#decoder.free();
  }

  #decodeFrames(frames: readonly Mp3Frame[]) {
    const nearFrames = frames.filter((frame) => this.#isNear(frame));
    if (nearFrames.length === 0) return [];
    const bytes = Buffer.concat(nearFrames.map((frame) => frame.bytes));
    const { channelData, sampleRate } = this.#decoder.decode(bytes);
    return interleavePcm(channelData, sampleRate);
  }

  #isNear({ header, bytes }: Mp3Frame) {
    const isFirst = !this.#hasFirst;
    this.#hasFirst = true;
    // This frame is silent, but tells the decoder the padding to cut.
    const isReport = ['Xing', 'Info'].some((mark) => bytes.includes(mark, 0, 'latin1'));
    if (isFirst && isReport) return true;
    return !this.#skip.skipIfFar((header.samples / header.rateHz) * 1000, preRollMs);
  }
}
