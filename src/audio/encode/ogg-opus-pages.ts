import { randomInt } from 'node:crypto';
import { writePages } from '#src/audio/formats/ogg-page.ts';
import { countOpusSamples } from '#src/audio/opus/opus-packet.ts';

type OggOpusOptions = {
  readonly inputRateHz: number;
  /** At 48 kHz: https://www.rfc-editor.org/rfc/rfc7845.html#section-4.2 */
  readonly preSkipSamples: number;
};

/** Writes pages of one file with mono Opus: https://www.rfc-editor.org/rfc/rfc7845.html */
export function createOggOpusPages(options: OggOpusOptions) {
  const serial = randomInt(2 ** 32);
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
  // Decoders settle within 80 ms, which are silent before most words.
  const pages = createOggOpusPages({ inputRateHz: 48_000, preSkipSamples: 0 });
  const written = [pages.writeHead()];
  let granule = 0;
  for (let at = 0; at < packets.length; at += packetsPerPage) {
    const some = packets.slice(at, at + packetsPerPage);
    granule += some.reduce((sum, opus) => sum + countOpusSamples(opus), 0);
    const isLast = at + packetsPerPage >= packets.length;
    written.push(pages.writePage(some, { granule, isLast }));
  }
  return Buffer.concat(written);
}
