/** Bytes of a page before its table of lengths (RFC 3533, 6). */
const headBytes = 27;

/**
 * Leaves out the pages of an Ogg Opus file's comment header, in pieces of any length: it may hold pictures, and over
 * several pages the demuxer waits for its end for ever. Source: RFC 7845, 3: it has pages of its own, right after the first.
 *
 * Holds no more than one page back.
 */
export class CommentPages {
  #rest: Buffer = Buffer.alloc(0);
  #pages = 0;
  #isOver = false;

  /** Throws a plain Error where there is no page. */
  without(bytes: Uint8Array): Buffer {
    if (this.#isOver) return Buffer.from(bytes);
    this.#rest = Buffer.concat([this.#rest, bytes]);
    const kept: Buffer[] = [];
    for (let page = pageOf(this.#rest); page; page = pageOf(this.#rest)) {
      this.#rest = this.#rest.subarray(page.bytes.length);
      if (++this.#pages === 1) kept.push(page.bytes);
      else this.#isOver = page.endsPacket;
      if (this.#isOver) break;
    }
    if (this.#isOver) kept.push(this.#rest);
    return Buffer.concat(kept);
  }
}

type Page = { readonly bytes: Buffer; readonly endsPacket: boolean };

/** The page `bytes` begins with, if all of it is there. */
function pageOf(bytes: Buffer): Page | undefined {
  if (!'OggS'.startsWith(bytes.toString('latin1', 0, 4)))
    throw new Error('it is a damaged Ogg file');
  if (bytes.length < headBytes) return undefined;
  const table = bytes.subarray(headBytes, headBytes + bytes.readUInt8(headBytes - 1));
  const length = table.reduce(
    (sum, size) => sum + size,
    headBytes + bytes.readUInt8(headBytes - 1),
  );
  if (bytes.length < length) return undefined;
  return { bytes: bytes.subarray(0, length), endsPacket: table.some((size) => size < 255) };
}
