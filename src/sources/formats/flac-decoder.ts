import { FLACDecoder } from '@wasm-audio-decoders/flac';
import type { SoundChunk } from '#src/audio/sound-source.ts';
import { asChunk } from '#src/sources/decode/channel-chunks.ts';
import { type Decoder, Flaws } from '#src/sources/decode/decoder.ts';
import { FlacFrames } from './flac-frames.ts';

/** Native FLAC. Metadata before its frames, pictures among it, is left out. */
export async function openFlac(): Promise<Decoder> {
  const decoder = new FLACDecoder();
  await decoder.ready;
  const flaws = new Flaws();
  const head = new FlacHead();
  const frames = new FlacFrames();
  const decoded = async (some: readonly Buffer[]): Promise<readonly SoundChunk[]> => {
    if (some.length === 0) return [];
    const own = some.map((frame) => new Uint8Array(frame));
    const { channelData, sampleRate, errors } = await decoder.decodeFrames(own);
    flaws.note(0, 0, errors.length);
    return asChunk(channelData, sampleRate);
  };
  return {
    async push(bytes) {
      const before = frames.losses;
      const some = frames.push(head.without(bytes));
      flaws.passed(head.isOver ? 0 : bytes.length);
      flaws.note(head.isOver ? bytes.length : 0, some.length, frames.losses - before);
      return await decoded(some);
    },
    end: () => decoded(frames.end()),
    free: () => decoder.free(),
  };
}

/** Header of each block of metadata: its kind, and its length in 24 bits (RFC 9639, 8.1). */
const blockHeadBytes = 4;
const magicBytes = 4;

/** Leaves out the head of a FLAC file, in pieces of any length. */
class FlacHead {
  #rest: Buffer = Buffer.alloc(0);
  #leftBytes = 0;
  #isLast = false;
  #hasBegun = false;

  /** Whether the frames have been reached. */
  get isOver(): boolean {
    return this.#isLast && this.#leftBytes === 0;
  }

  /** Throws a plain Error where there is no such head. */
  without(bytes: Uint8Array): Buffer {
    if (this.isOver) return Buffer.from(bytes);
    this.#rest = Buffer.concat([this.#rest, bytes]);
    if (!this.#hasBegun && this.#rest.length < magicBytes) return Buffer.alloc(0);
    if (!this.#hasBegun) this.#begin();
    this.#pass();
    return this.isOver ? this.#rest : Buffer.alloc(0);
  }

  #begin(): void {
    if (this.#rest.toString('latin1', 0, magicBytes) !== 'fLaC')
      throw new Error('it is not a FLAC file');
    this.#rest = this.#rest.subarray(magicBytes);
    this.#hasBegun = true;
  }

  #pass(): void {
    for (;;) {
      const passed = Math.min(this.#leftBytes, this.#rest.length);
      this.#leftBytes -= passed;
      this.#rest = this.#rest.subarray(passed);
      if (this.isOver || this.#leftBytes > 0 || this.#rest.length < blockHeadBytes) return;
      this.#isLast = (this.#rest.readUInt8(0) & 0x80) !== 0;
      this.#leftBytes = this.#rest.readUIntBE(1, 3);
      this.#rest = this.#rest.subarray(blockHeadBytes);
    }
  }
}
