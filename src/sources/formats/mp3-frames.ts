import {
  type MpegFrameHeader,
  readFrameHeader,
} from '#src/audio/formats/mpeg-frame.ts';

const tagHeadBytes = 10;
const headerBytes = 6;

export type Mp3Frame = { readonly bytes: Buffer; readonly header: MpegFrameHeader };

/**
 * Cuts MP3 into frames. Tags and bytes that are no frame, or stand alone among others, are left
 * out.
 */
export class Mp3Frames {
  #rest: Buffer = Buffer.alloc(0);
  #tagLeftBytes: number | undefined;
  #kind: number | undefined;
  #isLost = true;

  push(bytes: Uint8Array): Mp3Frame[] {
    this.#rest = Buffer.concat([this.#rest, bytes]);
    if (!this.#skipTag()) return [];
    return this.#takeFrames(headerBytes);
  }

  /** Returns the last frame. */
  end(): Mp3Frame[] {
    return this.#skipTag() ? this.#takeFrames(0) : [];
  }

  #takeFrames(behind: number) {
    const frames: Mp3Frame[] = [];
    while (this.#rest.length >= headerBytes) {
      const header = this.#readHeader(this.#rest);
      if (!header) {
        this.#loseSync();
        continue;
      }
      if (this.#rest.length < header.lengthBytes + behind) break;
      if (
        behind > 0 &&
        this.#isLost &&
        !this.#readHeader(this.#rest.subarray(header.lengthBytes))
      ) {
        this.#loseSync();
        continue;
      }
      this.#isLost = false;
      this.#kind = header.kind;
      frames.push({ bytes: this.#rest.subarray(0, header.lengthBytes), header });
      this.#rest = this.#rest.subarray(header.lengthBytes);
    }
    return frames;
  }

  #readHeader(bytes: Buffer) {
    const header = readFrameHeader(bytes);
    return header?.name === 'MP3' && header.kind === (this.#kind ?? header.kind)
      ? header
      : undefined;
  }

  #loseSync() {
    this.#isLost = true;
    const next = this.#rest.indexOf(0xff, 1);
    this.#rest = next < 0 ? Buffer.alloc(0) : this.#rest.subarray(next);
  }

  /** Skips a tag, and returns true once frames begin. ID3v2.4: https://id3.org/id3v2.4.0-structure */
  #skipTag() {
    if (this.#tagLeftBytes === undefined) {
      if (this.#rest.length < tagHeadBytes) return false;
      this.#tagLeftBytes = countTagBytes(this.#rest);
    }
    const passed = Math.min(this.#tagLeftBytes, this.#rest.length);
    this.#tagLeftBytes -= passed;
    this.#rest = this.#rest.subarray(passed);
    return this.#tagLeftBytes === 0;
  }
}

/** Returns the length of an ID3v2 tag, or 0 without one. Needs 10 bytes. */
export function countTagBytes(head: Buffer): number {
  if (head.toString('latin1', 0, 3) !== 'ID3') return 0;
  const size = [6, 7, 8, 9].reduce(
    (sum, at) => sum * 128 + (head.readUInt8(at) & 127),
    0,
  );
  const hasFooter = (head.readUInt8(5) & 0x10) !== 0;
  return tagHeadBytes + size + (hasFooter ? tagHeadBytes : 0);
}
