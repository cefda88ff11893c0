import {
  type MpegFrameHeader,
  readFrameHeader,
} from '#src/audio/formats/sniff-format.ts';

const tagHeaderBytes = 10;
const headerBytes = 6;

export type Mp3Frame = { readonly bytes: Buffer; readonly header: MpegFrameHeader };

/**
 * Cuts MP3 into frames. Tags and bytes that are no frame, or stand alone among others, are left
 * out.
 */
export class Mp3Frames {
  #remainder: Buffer = Buffer.alloc(0);
  /** Undefined until the head of a tag was read. */
  #tagLeftBytes: number | undefined;
  #kind: number | undefined;
  #isLost = true;

  /** Adds bytes of the file, and returns the frames that they complete. */
  addBytes(bytes: Uint8Array): Mp3Frame[] {
    this.#remainder = Buffer.concat([this.#remainder, bytes]);
    if (!this.#skipTag()) return [];
    return this.#takeFrames(headerBytes);
  }

  /** Returns the last frames. Nothing may be pushed afterwards. */
  end(): Mp3Frame[] {
    return this.#skipTag() ? this.#takeFrames(0) : [];
  }

  /** Takes frames that have `behind` bytes after them. */
  #takeFrames(behind: number) {
    const frames: Mp3Frame[] = [];
    while (this.#remainder.length >= headerBytes) {
      const header = this.#readHeader(this.#remainder);
      if (!header) {
        this.#loseSync();
        continue;
      }
      const { lengthBytes } = header;
      if (this.#remainder.length < lengthBytes + behind) break;
      const isUnsure = behind > 0 && this.#isLost;
      if (isUnsure && !this.#readHeader(this.#remainder.subarray(lengthBytes))) {
        this.#loseSync();
        continue;
      }
      this.#isLost = false;
      this.#kind = header.kind;
      frames.push({ bytes: this.#remainder.subarray(0, lengthBytes), header });
      this.#remainder = this.#remainder.subarray(lengthBytes);
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
    const next = this.#remainder.indexOf(0xff, 1);
    this.#remainder = next < 0 ? Buffer.alloc(0) : this.#remainder.subarray(next);
  }

  /** Skips a tag, and returns true once frames begin. ID3v2.4: https://id3.org/id3v2.4.0-structure */
  #skipTag() {
    if (this.#tagLeftBytes === undefined) {
      if (this.#remainder.length < tagHeaderBytes) return false;
      this.#tagLeftBytes = countTagBytes(this.#remainder);
    }
    const passed = Math.min(this.#tagLeftBytes, this.#remainder.length);
    this.#tagLeftBytes -= passed;
    this.#remainder = this.#remainder.subarray(passed);
    return this.#tagLeftBytes === 0;
  }
}

/** Returns the length of an ID3v2 tag, or 0 without one. Needs 10 bytes. */
export function countTagBytes(fileStart: Buffer): number {
  if (fileStart.toString('latin1', 0, 3) !== 'ID3') return 0;
  const size = [6, 7, 8, 9].reduce(
    (sum, at) => sum * 128 + (fileStart.readUInt8(at) & 127),
    0,
  );
  const hasFooter = (fileStart.readUInt8(5) & 0x10) !== 0;
  return tagHeaderBytes + size + (hasFooter ? tagHeaderBytes : 0);
}
