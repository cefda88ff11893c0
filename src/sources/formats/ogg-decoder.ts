import { OggVorbisDecoder } from '@wasm-audio-decoders/ogg-vorbis';
import {
  type OggPage,
  OggPageReader,
  writePages,
} from '#src/audio/formats/ogg-page.ts';
import { countOpusSamples } from '#src/audio/opus/opus-packet.ts';
import type { Pcm } from '#src/audio/pcm.ts';
import {
  type Decoder,
  interleavePcm,
  type Skip,
  type SoundShape,
} from '#src/sources/decode/decoder.ts';
import { openFlac } from './flac-decoder.ts';
import { type DecodeOpusPacket, openOpus } from './opus-sound.ts';

/** One sound within an Ogg file. Radios send several in a row. */
interface OggSound extends Omit<Decoder, 'push'> {
  push(page: OggPage): ReturnType<Decoder['push']>;
}

/** Blocks of Vorbis overlap. */
const preRollMs = 1_000;

/** Opens Ogg with Opus, Vorbis or FLAC: the first such sound, and each one that follows it. */
export function openOgg(shape: SoundShape, skip: Skip): Decoder {
  const pages = new OggPageReader();
  let sound: OggSound | undefined;
  let serial: number | undefined;
  let hasBegun = false;
  const decodePage = async (page: OggPage) => {
    const opened = await openOggSound(page, shape, skip);
    if (!opened) return [];
    const rest = (await sound?.end()) ?? [];
    sound?.free?.();
    sound = opened;
    ({ serial } = page);
    return rest;
  };
  const decodeGivenPage = async (page: OggPage) => {
    const rest = page.isFirst && (!sound || hasBegun) ? await decodePage(page) : [];
    if (!sound || serial !== page.serial) return rest;
    hasBegun = !page.isFirst;
    return [...rest, ...(await sound.push(page))];
  };
  return {
    async push(bytes) {
      const all: Pcm[] = [];
      for (const page of pages.push(bytes)) all.push(...(await decodeGivenPage(page)));
      return all;
    },
    end: () => sound?.end() ?? [],
    free: () => sound?.free?.(),
  };
}

async function openOggSound(page: OggPage, shape: SoundShape, skip: Skip) {
  const [head = Buffer.alloc(0)] = page.pieces;
  const name = head.toString('latin1', 0, 8);
  if (name === 'OpusHead') return openOggOpus(await openOpus(head, shape, skip));
  if (name.startsWith('\x01vorbis')) return await openOggVorbis(page.serial, skip);
  if (name.startsWith('\x7fFLAC')) return await openOggFlac(skip);
  return undefined;
}

/** Only a comment with pictures is longer, and not needed. */
const longestPacketBytes = 128 * 1024;

/** Joins packets across pages. Packets over 128 KiB, or without a beginning, are left out. */
function createOggPackets() {
  let begun: Buffer[] = [];
  let beganBytes = 0;
  let isOpen = false;

  function beginPacket() {
    begun = [];
    beganBytes = 0;
    isOpen = true;
  }

  function addPiece(piece: Buffer) {
    beganBytes += piece.length;
    if (beganBytes > longestPacketBytes) begun = [];
    else begun.push(piece);
  }

  /** Ends a packet and returns its bytes, none if it was too long. */
  function closePacket() {
    isOpen = false;
    const [only, ...others] = begun;
    return only && others.length === 0 ? only : Buffer.concat(begun);
  }

  return {
    push({ pieces, isContinued, isLastPieceOpen }: OggPage): Buffer[] {
      const packets: Buffer[] = [];
      pieces.forEach((piece, n) => {
        const isRest = n === 0 && isContinued;
        const isUnfinished = n === pieces.length - 1 && isLastPieceOpen;
        if (!isRest) beginPacket();
        if (isOpen) addPiece(piece);
        if (!isUnfinished && isOpen) packets.push(closePacket());
      });
      return packets;
    },
  };
}

/** Opens Opus in Ogg, after two header packets: https://www.rfc-editor.org/rfc/rfc7845.html */
function openOggOpus(decodePacket: DecodeOpusPacket): OggSound {
  const packets = createOggPackets();
  let headers = 0;
  let granule = 0;
  return {
    push(page) {
      const { granule: end = granule, isLast } = page;
      // The last page may hold samples after the end:
      // https://www.rfc-editor.org/rfc/rfc7845.html#section-4.4
      let keep = isLast && page.granule !== undefined ? end - granule : Infinity;
      granule = end;
      const all = packets.push(page);
      const sounding = all.slice(Math.max(0, 2 - headers));
      headers += all.length - sounding.length;
      return sounding.flatMap((packet) => {
        const given = decodePacket(packet, keep);
        keep -= countOpusSamples(packet);
        return given;
      });
    },
    end: () => [],
  };
}

/** An empty comment: https://xiph.org/vorbis/doc/Vorbis_I_spec.html#x1-810005 */
const noComment = Buffer.from('\x03vorbis\0\0\0\0\0\0\0\0\x01', 'latin1');

/** Offsets in the first packet: https://xiph.org/vorbis/doc/Vorbis_I_spec.html#x1-630004.2.2 */
const [channelsAt, vorbisRateAt] = [11, 12];
const mostChannels = 8;

type VorbisSamples = {
  readonly channelData: Float32Array[];
  readonly sampleRate: number;
};

/**
 * Opens Ogg Vorbis. The decoder gets whole pages with valid checksums, and no comments.
 *
 * Headers wait for the first page of sound, since 36,000 channels without sound take 20 ms.
 */
async function openOggVorbis(serial: number, skip: Skip): Promise<OggSound> {
  const decoder = new OggVorbisDecoder();
  await decoder.ready;
  const packets = createOggPackets();
  const headers: Buffer[] = [];
  let headerPages: readonly Buffer[] = [];
  let rateHz = 0;
  let sample = 0;
  let hasSound = false;
  const isFarBefore = ({ granule = sample }: OggPage) => {
    const ms = ((granule - sample) / rateHz) * 1000;
    sample = granule;
    return ms > 0 && skip.skipIfFar(ms, preRollMs);
  };
  const decodeSamples = async (work: () => Promise<VorbisSamples>) => {
    // The decoder sometimes fails while reporting a flaw.
    const given = await work().catch(() => undefined);
    return given ? interleavePcm(given.channelData, given.sampleRate) : [];
  };
  const collectHead = (page: OggPage) => {
    headers.push(...packets.push(page).map((packet) => Buffer.from(packet)));
    const [first, , setup] = headers;
    if ((first?.[channelsAt] ?? 0) > mostChannels)
      throw new Error(`it has more than ${mostChannels} channels`);
    if (!first || !setup) return;
    rateHz = first.length < vorbisRateAt + 4 ? 0 : first.readUInt32LE(vorbisRateAt);
    headerPages = [
      writePages([first], { serial, isFirst: true }),
      writePages([noComment, setup], { serial, sequence: 1 }),
    ];
  };
  return {
    async push(page) {
      if (headers.length < 3) {
        collectHead(page);
        return [];
      }
      if (isFarBefore(page)) return [];
      const all = new Uint8Array(Buffer.concat([...headerPages, page.bytes]));
      headerPages = [];
      hasSound = true;
      return await decodeSamples(() => decoder.decode(all));
    },
    end: async () => (hasSound ? await decodeSamples(() => decoder.flush()) : []),
    free: () => decoder.free(),
  };
}

/**
 * Opens FLAC in Ogg, a native file behind another head: https://www.rfc-editor.org/rfc/rfc9639.html#section-10.1
 */
async function openOggFlac(skip: Skip): Promise<OggSound> {
  const packets = createOggPackets();
  const flac = await openFlac(skip);
  return { ...flac, push: (page) => flac.push(Buffer.concat(packets.push(page))) };
}
