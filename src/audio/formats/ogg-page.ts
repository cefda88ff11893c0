import { randomInt } from 'node:crypto';
import { countOpusSamples, silenceFrame } from '#src/audio/opus/opus-codec.ts';
import { listenRateHz, type SoundPiece } from '#src/audio/pcm.ts';

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

type OggOpusOptions = {
  /** Default: another one for each file. */
  readonly serial?: number;
  readonly inputRateHz: number;
  /** At 48 kHz: https://www.rfc-editor.org/rfc/rfc7845.html#section-4.2 */
  readonly preSkipSamples: number;
};

/** Marks of a page. Its serial and sequence are those of the file. */
type OggOpusPageMarks = Omit<Parameters<typeof writePages>[1], 'serial' | 'sequence'>;

/** Writes pages of one file with mono Opus: https://www.rfc-editor.org/rfc/rfc7845.html */
export class OggOpusPages {
  readonly #options: OggOpusOptions;
  readonly #serial: number;
  #pages = 0;

  constructor(options: OggOpusOptions) {
    this.#options = options;
    this.#serial = options.serial ?? randomInt(2 ** 32);
  }

  /** Writes the head at the first call, and no bytes later. */
  writeHead(): Buffer {
    if (this.#pages > 0) return Buffer.alloc(0);
    const { inputRateHz, preSkipSamples } = this.#options;
    const id = Buffer.alloc(19);
    id.write('OpusHead', 'latin1');
    id.writeUInt8(1, 8);
    id.writeUInt8(1, 9); // Channels.
    id.writeUInt16LE(preSkipSamples, 10);
    id.writeUInt32LE(inputRateHz, 12);
    const vendor = Buffer.from('Parley');
    const tags = Buffer.alloc(8 + 4 + vendor.length + 4);
    tags.write('OpusTags', 'latin1');
    tags.writeUInt32LE(vendor.length, 8);
    vendor.copy(tags, 12);
    return Buffer.concat([
      this.writePage([id], { isFirst: true }),
      this.writePage([tags], {}),
    ]);
  }

  /** Writes a page of packets, which must fit in 255 segments of 255 bytes. */
  writePage(packets: readonly Uint8Array[], marks: OggOpusPageMarks): Buffer {
    const sequence = this.#pages++;
    return writePages(packets, { ...marks, serial: this.#serial, sequence });
  }
}

/** A packet of 120 ms has at most 7,656 bytes, which are 31 segments. */
const packetsPerPage = 8;
const packetSamples = listenRateHz / 50;

/** Lists the packets of a piece. Undefined if the piece is not silent and has none. */
export function findOpusPackets({
  opus,
  samples,
}: SoundPiece): readonly Uint8Array[] | undefined {
  if (opus) return [opus];
  if (samples.some((sample) => sample !== 0)) return undefined;
  const count = Math.round(samples.length / packetSamples);
  return Array<Uint8Array>(count).fill(silenceFrame);
}

/** Writes an Ogg file as its packets come. The same packets make the same bytes. */
export class OggOpusWriter {
  // Decoders settle within 80 ms, which are silent before most words.
  readonly #pages = new OggOpusPages({
    serial: 1,
    inputRateHz: 48_000,
    preSkipSamples: 0,
  });
  #waiting: Uint8Array[] = [];
  #granule = 0;

  /** Adds a packet, and returns a page that is full before. */
  addPacket(opus: Uint8Array): Buffer {
    const isFull = this.#waiting.length >= packetsPerPage;
    const page = isFull ? this.#writePage(false) : Buffer.alloc(0);
    this.#waiting.push(opus);
    return page;
  }

  /** Returns the last page. No packet may follow. */
  end(): Buffer {
    return this.#writePage(true);
  }

  #writePage(isLast: boolean) {
    const packets = this.#waiting;
    this.#waiting = [];
    this.#granule += packets.reduce((sum, opus) => sum + countOpusSamples(opus), 0);
    const headBytes = this.#pages.writeHead();
    const page = this.#pages.writePage(packets, { granule: this.#granule, isLast });
    return Buffer.concat([headBytes, page]);
  }
}

/**
 * Writes a client's packets into an Ogg file, without decoding them.
 *
 * @example
 * import { writeOggOpus } from '#src/audio/formats/ogg-page.ts';
 *
 * const silence = Uint8Array.of(0xf8, 0xff, 0xfe); // 20 ms
 * writeOggOpus([silence, silence]).toString('latin1', 0, 4); // 'OggS'
 */
export function writeOggOpus(packets: readonly Uint8Array[]): Buffer {
  const writer = new OggOpusWriter();
  const pages = packets.map((opus) => writer.addPacket(opus));
  return Buffer.concat([...pages, writer.end()]);
}
