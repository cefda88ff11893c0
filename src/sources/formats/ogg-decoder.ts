import { OggVorbisDecoder } from '@wasm-audio-decoders/ogg-vorbis';
import {
  type OggPage,
  OggPageReader,
  writePages,
} from '#src/audio/formats/ogg-page.ts';
import { countOpusSamples } from '#src/audio/opus/opus-codec.ts';
import type { Pcm } from '#src/audio/pcm.ts';
import {
  type Decoder,
  interleavePcm,
  type SoundShape,
  type SoundSkip,
} from '#src/sources/decode/decoder.ts';
import { openFlac } from './flac-decoder.ts';
import { type DecodeOpusPacket, openOpus } from './opus-sound.ts';

type Pieces = readonly Pcm[];

/** One sound within an Ogg file. Radios send several in a row. */
interface OggSound extends Omit<Decoder, 'addBytes'> {
  /** Decodes a page to the sound that it completes. Throws a plain Error for a damaged file. */
  addPage(page: OggPage): Pieces | Promise<Pieces>;
}

/** Blocks of Vorbis overlap. */
const preRollMs = 1_000;

/** Decodes Ogg with Opus, Vorbis or FLAC: the first such sound, and each one that follows it. */
export class OggDecoder implements Decoder {
  readonly #shape: SoundShape;
  readonly #skip: SoundSkip;
  readonly #pages = new OggPageReader();
  #sound: OggSound | undefined;
  #serial: number | undefined;
  #hasBegun = false;

  constructor(shape: SoundShape, skip: SoundSkip) {
    this.#shape = shape;
    this.#skip = skip;
  }

  /** Decodes the pages that the bytes complete. */
  async addBytes(bytes: Uint8Array): Promise<readonly Pcm[]> {
    const pieces: Pcm[] = [];
    for (const page of this.#pages.addBytes(bytes))
      pieces.push(...(await this.#decodePage(page)));
    return pieces;
  }

  /** Returns the end of the last sound. */
  end(): Pieces | Promise<Pieces> {
    return this.#sound?.end() ?? [];
  }

  /** Frees the decoder of the last sound. */
  free(): void {
    this.#sound?.free?.();
  }

  async #decodePage(page: OggPage) {
    const mayBegin = page.isFirst && (!this.#sound || this.#hasBegun);
    const endPieces = mayBegin ? await this.#beginSound(page) : [];
    if (!this.#sound || this.#serial !== page.serial) return endPieces;
    this.#hasBegun = !page.isFirst;
    return [...endPieces, ...(await this.#sound.addPage(page))];
  }

  /** Begins the sound of a first page, and returns the end of the sound before. */
  async #beginSound(page: OggPage) {
    const opened = await openOggSound(page, this.#shape, this.#skip);
    if (!opened) return [];
    const endPieces = (await this.#sound?.end()) ?? [];
    this.#sound?.free?.();
    this.#sound = opened;
    this.#serial = page.serial;
    return endPieces;
  }
}

async function openOggSound(page: OggPage, shape: SoundShape, skip: SoundSkip) {
  const [header = Buffer.alloc(0)] = page.pieces;
  const name = header.toString('latin1', 0, 8);
  if (name === 'OpusHead') return new OggOpusSound(await openOpus(header, shape, skip));
  if (name.startsWith('\x01vorbis')) return await openOggVorbis(page.serial, skip);
  if (name.startsWith('\x7fFLAC')) return await openOggFlac(skip);
  return undefined;
}

/** Only a comment with pictures is longer, and not needed. */
const maxPacketBytes = 128 * 1024;

/** Joins packets across pages. Packets over 128 KiB, or without a beginning, are left out. */
class OggPackets {
  #pieces: Buffer[] = [];
  #packetBytes = 0;
  #isOpen = false;

  /** Adds a page, and returns the packets that it completes. */
  addPage({ pieces, isContinued, isLastPieceOpen }: OggPage): Buffer[] {
    const packets: Buffer[] = [];
    pieces.forEach((piece, n) => {
      const isContinuation = n === 0 && isContinued;
      const isUnfinished = n === pieces.length - 1 && isLastPieceOpen;
      if (!isContinuation) this.#beginPacket();
      if (this.#isOpen) this.#addPiece(piece);
      if (!isUnfinished && this.#isOpen) packets.push(this.#closePacket());
    });
    return packets;
  }

  #beginPacket() {
    this.#pieces = [];
    this.#packetBytes = 0;
    this.#isOpen = true;
  }

  #addPiece(piece: Buffer) {
    this.#packetBytes += piece.length;
    if (this.#packetBytes > maxPacketBytes) this.#pieces = [];
    else this.#pieces.push(piece);
  }

  /** Ends a packet and returns its bytes, none if it was too long. */
  #closePacket() {
    this.#isOpen = false;
    const [onlyPiece, ...otherPieces] = this.#pieces;
    return onlyPiece && otherPieces.length === 0
      ? onlyPiece
      : Buffer.concat(this.#pieces);
  }
}

/** Opus in Ogg, after two header packets: https://www.rfc-editor.org/rfc/rfc7845.html */
class OggOpusSound implements OggSound {
  readonly #decodePacket: DecodeOpusPacket;
  readonly #packets = new OggPackets();
  #headers = 0;
  #granule = 0;

  constructor(decodePacket: DecodeOpusPacket) {
    this.#decodePacket = decodePacket;
  }

  /** Decodes the packets that a page completes. */
  addPage(page: OggPage): readonly Pcm[] {
    const { granule: end = this.#granule, isLast } = page;
    // The last page may hold samples after the end:
    // https://www.rfc-editor.org/rfc/rfc7845.html#section-4.4
    let samplesLeft =
      isLast && page.granule !== undefined ? end - this.#granule : Infinity;
    this.#granule = end;
    const packets = this.#packets.addPage(page);
    const soundPackets = packets.slice(Math.max(0, 2 - this.#headers));
    this.#headers += packets.length - soundPackets.length;
    return soundPackets.flatMap((packet) => {
      const pieces = this.#decodePacket(packet, samplesLeft);
      samplesLeft -= countOpusSamples(packet);
      return pieces;
    });
  }

  /** Returns nothing, as each packet is decoded at once. */
  end(): readonly Pcm[] {
    return [];
  }
}

/** An empty comment: https://xiph.org/vorbis/doc/Vorbis_I_spec.html#x1-810005 */
const noComment = Buffer.from('\x03vorbis\0\0\0\0\0\0\0\0\x01', 'latin1');

/** Offsets in the first packet: https://xiph.org/vorbis/doc/Vorbis_I_spec.html#x1-630004.2.2 */
const [channelsAt, vorbisRateAt] = [11, 12];
const maxChannels = 8;

type VorbisSamples = {
  readonly channelData: Float32Array[];
  readonly sampleRate: number;
};

async function openOggVorbis(serial: number, skip: SoundSkip): Promise<OggSound> {
  const decoder = new OggVorbisDecoder();
  await decoder.ready;
  return new OggVorbisSound(decoder, serial, skip);
}

/**
 * Ogg Vorbis. The decoder gets whole pages with valid checksums, and no comments.
 *
 * Headers wait for the first page of sound, since 36,000 channels without sound take 20 ms.
 */
class OggVorbisSound implements OggSound {
  readonly #decoder: OggVorbisDecoder;
  readonly #serial: number;
  readonly #skip: SoundSkip;
  readonly #packets = new OggPackets();
  readonly #headers: Buffer[] = [];
  #headerPages: readonly Buffer[] = [];
  #rateHz = 0;
  #sample = 0;
  #hasSound = false;

  constructor(decoder: OggVorbisDecoder, serial: number, skip: SoundSkip) {
    this.#decoder = decoder;
    this.#serial = serial;
    this.#skip = skip;
  }

  /** Decodes a page, or collects its headers. */
  async addPage(page: OggPage): Promise<readonly Pcm[]> {
    if (this.#headers.length < 3) {
      this.#collectHeaders(page);
      return [];
    }
    if (this.#isFarBefore(page)) return [];
    const bytes = new Uint8Array(Buffer.concat([...this.#headerPages, page.bytes]));
    this.#headerPages = [];
    this.#hasSound = true;
    return await decodeVorbis(() => this.#decoder.decode(bytes));
  }

  /** Returns the sound that the decoder holds back. */
  async end(): Promise<readonly Pcm[]> {
    return this.#hasSound ? await decodeVorbis(() => this.#decoder.flush()) : [];
  }

  /** Frees the memory of the decoder. */
  free(): void {
    this.#decoder.free();
  }

  #isFarBefore({ granule = this.#sample }: OggPage) {
    const ms = ((granule - this.#sample) / this.#rateHz) * 1000;
    this.#sample = granule;
    return ms > 0 && this.#skip.skipIfFar(ms, preRollMs);
  }

  #collectHeaders(page: OggPage) {
    this.#headers.push(
      ...this.#packets.addPage(page).map((packet) => Buffer.from(packet)),
    );
    const [identification, , setup] = this.#headers;
    if ((identification?.[channelsAt] ?? 0) > maxChannels)
      throw new Error(`it has more than ${maxChannels} channels`);
    if (!identification || !setup) return;
    this.#rateHz =
      identification.length < vorbisRateAt + 4
        ? 0
        : identification.readUInt32LE(vorbisRateAt);
    const serial = this.#serial;
    this.#headerPages = [
      writePages([identification], { serial, isFirst: true }),
      writePages([noComment, setup], { serial, sequence: 1 }),
    ];
  }
}

async function decodeVorbis(decode: () => Promise<VorbisSamples>) {
  // The decoder sometimes fails while reporting a flaw.
  const decoded = await decode().catch(() => undefined);
  return decoded ? interleavePcm(decoded.channelData, decoded.sampleRate) : [];
}

/**
 * Opens FLAC in Ogg, a native file behind another head: https://www.rfc-editor.org/rfc/rfc9639.html#section-10.1
 */
async function openOggFlac(skip: SoundSkip): Promise<OggSound> {
  const packets = new OggPackets();
  const flac = await openFlac(skip);
  return {
    addPage: (page) => flac.addBytes(Buffer.concat(packets.addPage(page))),
    end: () => flac.end(),
    free: () => flac.free?.(),
  };
}
