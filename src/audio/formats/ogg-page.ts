/** Bytes before the segment table: https://www.rfc-editor.org/rfc/rfc3533.html#section-6 */
const pageHeaderBytes = 27;
export const maxPageBytes: number = pageHeaderBytes + 255 + 255 * 255;

/** Seven bytes may promise a page of 64 kB, so the bytes counted twice are limited. */
const maxRecountPerByte = 256;

export type OggPage = {
  readonly bytes: Buffer;
  readonly isContinued: boolean;
  readonly isFirst: boolean;
  readonly isLast: boolean;
  /** Position after the last whole packet, in samples. Undefined if no packet ends here. */
  readonly granule: number | undefined;
  readonly serial: number;
  /** Pieces of packets. The last one continues on the next page if `isLastPieceOpen`. */
  readonly pieces: readonly Buffer[];
  readonly isLastPieceOpen: boolean;
};

/** Cuts a file into pages, in pieces of any length. Bytes without a valid checksum are skipped. */
export class OggPageReader {
  #remainder: Buffer = Buffer.alloc(0);

  /** Adds bytes and returns the pages that they complete. */
  addBytes(bytes: Uint8Array): OggPage[] {
    this.#remainder = Buffer.concat([this.#remainder, bytes]);
    const pages: OggPage[] = [];
    for (;;) {
      const length = measurePage(this.#remainder);
      if (length === 'more') return pages;
      const page =
        length === 'none' ? undefined : readPage(this.#remainder.subarray(0, length));
      if (!page) this.#skipToNextHead(length === 'none' ? 0 : length);
      else {
        pages.push(page);
        this.#remainder = this.#remainder.subarray(page.bytes.length);
      }
    }
  }

  #skipToNextHead(countedBytes: number) {
    const from = Math.max(1, Math.floor(countedBytes / maxRecountPerByte));
    const next = this.#remainder.indexOf('OggS', from, 'latin1');
    const passed = next >= 0 ? next : Math.max(1, this.#remainder.length - 3);
    this.#remainder = this.#remainder.subarray(passed);
  }
}

function measurePage(bytes: Buffer) {
  if (!bytes.toString('latin1', 0, 4).startsWith('OggS'.slice(0, bytes.length)))
    return 'none';
  if (bytes.length < pageHeaderBytes) return 'more';
  if (bytes.readUInt8(4) !== 0) return 'none';
  const body = pageHeaderBytes + bytes.readUInt8(pageHeaderBytes - 1);
  if (bytes.length < body) return 'more';
  const length = bytes
    .subarray(pageHeaderBytes, body)
    .reduce((sum, size) => sum + size, body);
  return bytes.length < length ? 'more' : length;
}

function readPage(bytes: Buffer): OggPage | undefined {
  if (calculateCrc(bytes, pageTable, crcAt) !== bytes.readUInt32LE(crcAt))
    return undefined;
  const flags = bytes.readUInt8(5);
  const granule = bytes.readBigInt64LE(6);
  const body = pageHeaderBytes + bytes.readUInt8(pageHeaderBytes - 1);
  const pieces: Buffer[] = [];
  let [from, to] = [body, body];
  for (const size of bytes.subarray(pageHeaderBytes, body)) {
    to += size;
    if (size === 255) continue;
    pieces.push(bytes.subarray(from, to));
    from = to;
  }
  const isLastPieceOpen = to > from;
  if (isLastPieceOpen) pieces.push(bytes.subarray(from, to));
  return {
    bytes,
    pieces,
    isLastPieceOpen,
    isContinued: (flags & 1) !== 0,
    isFirst: (flags & 2) !== 0,
    isLast: (flags & 4) !== 0,
    granule: granule < 0n ? undefined : Number(granule),
    serial: bytes.readUInt32LE(14),
  };
}

type PageMarks = {
  readonly serial: number;
  readonly isFirst?: boolean;
  readonly isLast?: boolean;
  readonly granule?: number;
  readonly sequence?: number;
};

/** Writes packets into as many pages as they need. */
export function writePages(packets: readonly Uint8Array[], marks: PageMarks): Buffer {
  const sizes = packets.flatMap(({ length }) => [
    ...Array<number>(Math.floor(length / 255)).fill(255),
    length % 255,
  ]);
  const body = Buffer.concat(packets);
  const pages: Buffer[] = [];
  for (let [from, at] = [0, 0]; from < sizes.length; from += 255) {
    const table = sizes.slice(from, from + 255);
    const length = table.reduce((sum, size) => sum + size, 0);
    const flags =
      (from > 0 && sizes[from - 1] === 255 ? 1 : 0) |
      (marks.isFirst && from === 0 ? 2 : 0) |
      (marks.isLast && from + 255 >= sizes.length ? 4 : 0);
    const header = writePageHeader(flags, (marks.sequence ?? 0) + pages.length, marks);
    header.writeUInt8(table.length, pageHeaderBytes - 1);
    const page = Buffer.concat([
      header,
      Buffer.from(table),
      body.subarray(at, at + length),
    ]);
    page.writeUInt32LE(calculateCrc(page, pageTable), crcAt);
    pages.push(page);
    at += length;
  }
  return Buffer.concat(pages);
}

function writePageHeader(
  flags: number,
  sequence: number,
  { serial, granule = 0 }: PageMarks,
) {
  const header = Buffer.alloc(pageHeaderBytes);
  header.write('OggS', 'latin1');
  header.writeUInt8(flags, 5);
  header.writeBigInt64LE(BigInt(granule), 6);
  header.writeUInt32LE(serial, 14);
  header.writeUInt32LE(sequence, 18);
  return header;
}

/** https://www.rfc-editor.org/rfc/rfc3533.html#section-6 */
const pageTable = createCrcTable(0x04c11db7);
const crcAt = 22;

/** Creates the table of a polynomial that is not reflected. A shorter one fills the upper bits. */
export function createCrcTable(polynomial: number): Int32Array {
  return Int32Array.from({ length: 256 }, (_, n) => {
    let crc = n << 24;
    for (let bit = 0; bit < 8; bit++) crc = (crc << 1) ^ (crc < 0 ? polynomial : 0);
    return crc;
  });
}

/** Calculates a checksum, 0 for bytes that end with theirs. The four bytes from `blankAt` count as 0. */
export function calculateCrc(
  bytes: Buffer,
  table: Int32Array,
  blankAt: number = Infinity,
): number {
  // Signed: an unsigned number of 32 bits is an object on the heap until V8 optimises the loop.
  let crc = 0;
  for (let n = 0; n < bytes.length; n++) {
    const byte = n >= blankAt && n < blankAt + 4 ? 0 : (bytes[n] ?? 0);
    crc = (crc << 8) ^ (table[(crc >>> 24) ^ byte] ?? 0);
  }
  return crc >>> 0;
}
