import { randomInt } from 'node:crypto';
import { writePages } from '#src/audio/formats/ogg-page.ts';
import { countOpusSamples, silenceFrame } from '#src/audio/opus/opus-packet.ts';
import { listenRateHz, type SoundPiece } from '#src/audio/pcm.ts';

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
 * import { writeOggOpus } from '#src/audio/encode/ogg-opus-pages.ts';
 *
 * const silence = Uint8Array.of(0xf8, 0xff, 0xfe); // 20 ms
 * writeOggOpus([silence, silence]).toString('latin1', 0, 4); // 'OggS'
 */
export function writeOggOpus(packets: readonly Uint8Array[]): Buffer {
  const writer = new OggOpusWriter();
  const pages = packets.map((opus) => writer.addPacket(opus));
  return Buffer.concat([...pages, writer.end()]);
}
