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

/** Writes pages of one file with mono Opus: https://www.rfc-editor.org/rfc/rfc7845.html */
export function createOggOpusPages(options: OggOpusOptions) {
  const { serial = randomInt(2 ** 32) } = options;
  let pages = 0;

  /** Writes a page of packets, which must fit in 255 segments of 255 bytes. */
  function writePage(
    packets: readonly Uint8Array[],
    marks: Omit<Parameters<typeof writePages>[1], 'serial' | 'sequence'>,
  ): Buffer {
    const sequence = pages++;
    return writePages(packets, { ...marks, serial, sequence });
  }

  return {
    /** Writes the head at the first call, and no bytes later. */
    writeHead(): Buffer {
      if (pages > 0) return Buffer.alloc(0);
      const { inputRateHz, preSkipSamples } = options;
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
      return Buffer.concat([writePage([id], { isFirst: true }), writePage([tags], {})]);
    },

    writePage,
  };
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
  if (samples.some((one) => one !== 0)) return undefined;
  const count = Math.round(samples.length / packetSamples);
  return Array<Uint8Array>(count).fill(silenceFrame);
}

/** Writes an Ogg file as its packets come. The same packets make the same bytes. */
export function createOggOpusWriter() {
  // Decoders settle within 80 ms, which are silent before most words.
  const pages = createOggOpusPages({
    serial: 1,
    inputRateHz: 48_000,
    preSkipSamples: 0,
  });
  let waiting: Uint8Array[] = [];
  let granule = 0;

  function writePage(isLast: boolean) {
    const packets = waiting;
    waiting = [];
    granule += packets.reduce((sum, opus) => sum + countOpusSamples(opus), 0);
    const head = pages.writeHead();
    return Buffer.concat([head, pages.writePage(packets, { granule, isLast })]);
  }

  return {
    /** Adds a packet, and returns a page that is full before. */
    push(opus: Uint8Array): Buffer {
      const page = waiting.length < packetsPerPage ? Buffer.alloc(0) : writePage(false);
      waiting.push(opus);
      return page;
    },
    end(): Buffer {
      return writePage(true);
    },
  };
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
  const writer = createOggOpusWriter();
  const written = packets.map((opus) => writer.push(opus));
  return Buffer.concat([...written, writer.end()]);
}
