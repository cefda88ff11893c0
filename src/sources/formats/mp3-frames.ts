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
export function createMp3Frames() {
  let rest: Buffer = Buffer.alloc(0);
  let tagLeftBytes: number | undefined;
  let kind: number | undefined;
  let isLost = true;

  function takeFrames(behind: number) {
    const frames: Mp3Frame[] = [];
    while (rest.length >= headerBytes) {
      const header = readHeader(rest);
      if (!header) {
        loseSync();
        continue;
      }
      if (rest.length < header.lengthBytes + behind) break;
      if (behind > 0 && isLost && !readHeader(rest.subarray(header.lengthBytes))) {
        loseSync();
        continue;
      }
      isLost = false;
      kind = header.kind;
      frames.push({ bytes: rest.subarray(0, header.lengthBytes), header });
      rest = rest.subarray(header.lengthBytes);
    }
    return frames;
  }

  function readHeader(bytes: Buffer) {
    const header = readFrameHeader(bytes);
    return header?.name === 'MP3' && header.kind === (kind ?? header.kind)
      ? header
      : undefined;
  }

  function loseSync() {
    isLost = true;
    const next = rest.indexOf(0xff, 1);
    rest = next < 0 ? Buffer.alloc(0) : rest.subarray(next);
  }

  /** Skips a tag, and returns true once frames begin. ID3v2.4: https://id3.org/id3v2.4.0-structure */
  function skipTag() {
    if (tagLeftBytes === undefined) {
      if (rest.length < tagHeadBytes) return false;
      tagLeftBytes = countTagBytes(rest);
    }
    const passed = Math.min(tagLeftBytes, rest.length);
    tagLeftBytes -= passed;
    rest = rest.subarray(passed);
    return tagLeftBytes === 0;
  }

  return {
    push(bytes: Uint8Array): Mp3Frame[] {
      rest = Buffer.concat([rest, bytes]);
      if (!skipTag()) return [];
      return takeFrames(headerBytes);
    },

    end(): Mp3Frame[] {
      return skipTag() ? takeFrames(0) : [];
    },
  };
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
