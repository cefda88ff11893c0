import { FLACDecoder } from '@wasm-audio-decoders/flac';
import type { Pcm } from '#src/audio/pcm.ts';
import { pcmOf } from '#src/sources/decode/channel-chunks.ts';
import type { Decoder } from '#src/sources/decode/decoder.ts';
import type { Skip } from '#src/sources/decode/skip.ts';
import { FlacFrames } from './flac-frames.ts';

/** Native FLAC. Metadata before its frames, pictures among it, is left out, and so are frames far before the wanted position. */
export async function openFlac(skip: Skip): Promise<Decoder> {
  const decoder = new FLACDecoder();
  await decoder.ready;
  const head = new FlacHead();
  const frames = new FlacFrames();
  const decoded = async (some: readonly Buffer[]): Promise<readonly Pcm[]> => {
    const near = some.filter(() => !skip.passes(head.frameMs, head.frameMs));
    if (near.length === 0) return [];
    const own = near.map((frame) => new Uint8Array(frame));
    const { channelData, sampleRate } = await decoder.decodeFrames(own);
    return pcmOf(channelData, sampleRate);
  };
  return {
    push: (bytes) => decoded(frames.push(head.without(bytes))),
    end: () => decoded(frames.end()),
    free: () => decoder.free(),
  };
}

/** Header of each block of metadata: its kind, and its length in 24 bits (RFC 9639, 8.1). */
const blockHeadBytes = 4;
const magicBytes = 4;
/** `fLaC` and the one block every file begins with; samples of its shortest and longest frame, and its rate, within (RFC 9639, 8.2). */
const [startBytes, shortestAt, longestAt, rateAt] = [42, 8, 10, 18];

/** Leaves out the head of a FLAC file, in pieces of any length. */
class FlacHead {
  #rest: Buffer = Buffer.alloc(0);
  #leftBytes = 0;
  #isLast = false;
  #hasBegun = false;
  #frameMs = Number.POSITIVE_INFINITY;

  /** Length of each frame, in ms; infinite where they differ. */
  get frameMs(): number {
    return this.#frameMs;
  }

  /** Throws a plain Error where there is no such head. */
  without(bytes: Uint8Array): Buffer {
    if (this.#isOver) return Buffer.from(bytes);
    this.#rest = Buffer.concat([this.#rest, bytes]);
    if (!this.#hasBegun && this.#rest.length < startBytes) return Buffer.alloc(0);
    if (!this.#hasBegun) this.#begin();
    this.#pass();
    return this.#isOver ? this.#rest : Buffer.alloc(0);
  }

  /** Whether the frames have been reached. */
  get #isOver(): boolean {
    return this.#isLast && this.#leftBytes === 0;
  }

  #begin(): void {
    const rest = this.#rest;
    if (rest.toString('latin1', 0, magicBytes) !== 'fLaC') throw new Error('it is not a FLAC file');
    const longest = rest.readUInt16BE(longestAt);
    const rateHz = rest.readUIntBE(rateAt, 3) >> 4;
    if (longest === rest.readUInt16BE(shortestAt) && longest > 0 && rateHz > 0)
      this.#frameMs = (longest / rateHz) * 1000;
    this.#rest = rest.subarray(magicBytes);
    this.#hasBegun = true;
  }

  #pass(): void {
    for (;;) {
      const passed = Math.min(this.#leftBytes, this.#rest.length);
      this.#leftBytes -= passed;
      this.#rest = this.#rest.subarray(passed);
      if (this.#isOver || this.#leftBytes > 0 || this.#rest.length < blockHeadBytes) return;
      this.#isLast = (this.#rest.readUInt8(0) & 0x80) !== 0;
      this.#leftBytes = this.#rest.readUIntBE(1, 3);
      this.#rest = this.#rest.subarray(blockHeadBytes);
    }
  }
}
