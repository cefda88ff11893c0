import { OggPages } from '#src/audio/ogg-page.ts';
import { readHeader } from '#src/audio/opus/frame-headers.ts';
import { tagBytes } from '#src/sources/formats/mp3-frames.ts';
import type { Format } from '#src/sources/formats/sniff.ts';

/** Units in which an Ogg file counts its places. */
export type OggShape = {
  readonly serial: number;
  readonly rateHz: number;
  readonly preSkip: number;
};

/** Units in which a FLAC file counts its places: its rate, and samples of its longest frame. */
export type FlacShape = { readonly rateHz: number; readonly frameSamples: number };

/** Layout of a file, as far as its first and last bytes tell; hostile files lie. */
export type SoundLayout = {
  readonly lengthMs?: number;
  readonly wav?: WavShape;
  readonly ogg?: OggShape;
  readonly flac?: FlacShape;
};

/** Bytes of a file that contain its layout. */
export type LayoutBytes = {
  readonly format: Format;
  readonly head: Buffer;
  /** Last pages of an Ogg file whose end can be read. */
  readonly tail: Buffer | undefined;
  /** Undefined where there is no end, or its size is unknown. */
  readonly sizeBytes: number | undefined;
};

/** Position of the sound in a WAV file, and its byte rate. */
type WavShape = {
  readonly dataAt: number;
  /** Undefined where its writer could not know. */
  readonly dataBytes: number | undefined;
  readonly bytesPerSecond: number;
  readonly frameBytes: number;
};

/** Sizes from 2 GiB on mean an unknown size. */
const openFrom = 0x7fffffff;

/** Runs in a decoding process: a crafted file takes its time. */
export function layoutOf(bytes: LayoutBytes): SoundLayout {
  switch (bytes.format) {
    case 'wav':
      return wavLayout(bytes);
    case 'flac':
      return flacLayout(bytes);
    case 'mp3':
      return withLength(mp3Ms(bytes));
    case 'ogg':
      return oggLayout(bytes);
    case 'webm':
      return {};
  }
}

function withLength(lengthMs: number | undefined): Pick<SoundLayout, 'lengthMs'> {
  return lengthMs === undefined ? {} : { lengthMs };
}

function wavLayout({ head, sizeBytes }: LayoutBytes): SoundLayout {
  const wav = wavShape(head);
  if (!wav) return {};
  const there = sizeBytes === undefined ? wav.dataBytes : sizeBytes - wav.dataAt;
  const length = Math.min(
    wav.dataBytes ?? Number.POSITIVE_INFINITY,
    there ?? Number.POSITIVE_INFINITY,
  );
  return {
    wav,
    ...(Number.isFinite(length) && { lengthMs: (length / wav.bytesPerSecond) * 1000 }),
  };
}

/** Offsets of the longest frame's samples and of the rate in the first block of a FLAC file (RFC 9639, 8.2). */
const [longestAt, rateAt] = [10, 18];

/** RFC 9639, 8.2: rate in 20 bits, length in 36. */
function flacLayout({ head }: LayoutBytes): SoundLayout {
  if (head.length < 26) return {};
  const rateHz = head.readUIntBE(rateAt, 3) >> 4;
  const frameSamples = head.readUInt16BE(longestAt);
  const samples = (head.readUInt8(21) & 15) * 2 ** 32 + head.readUInt32BE(22);
  if (rateHz === 0) return {};
  const length = withLength(samples > 0 ? (samples / rateHz) * 1000 : undefined);
  return { ...length, ...(frameSamples > 0 && { flac: { rateHz, frameSamples } }) };
}

/** Length from the count of frames in the first one, else from the size, with all frames alike. */
function mp3Ms({ head, sizeBytes }: LayoutBytes): number | undefined {
  const at = head.length >= 10 ? tagBytes(head) : 0;
  if (at + 6 > head.length) return undefined;
  const header = readHeader(head.subarray(at));
  if (header?.name !== 'MP3') return undefined;
  const frameMs = (header.samples / header.rateHz) * 1000;
  const first = head.subarray(at, at + header.lengthBytes);
  const mark = Math.max(first.indexOf('Xing', 0, 'latin1'), first.indexOf('Info', 0, 'latin1'));
  const hasCount = mark >= 0 && first.length >= mark + 12 && (first.readUInt8(mark + 7) & 1) !== 0;
  if (hasCount) return first.readUInt32BE(mark + 8) * frameMs;
  return sizeBytes && ((sizeBytes - at) / header.lengthBytes) * frameMs;
}

/** Layout of an Ogg sound; its last page tells its length. */
function oggLayout({ head, tail }: LayoutBytes): SoundLayout {
  const [first] = new OggPages().push(head);
  const ogg = first && oggShape(first.pieces[0], first.serial);
  if (!ogg) return {};
  const pages = tail ? new OggPages().push(tail) : [];
  const own = pages.filter(({ serial, granule }) => serial === ogg.serial && granule !== undefined);
  const last = own.at(-1)?.granule;
  if (last === undefined) return { ogg };
  return { ogg, lengthMs: (Math.max(0, last - ogg.preSkip) / ogg.rateHz) * 1000 };
}

/** Reads the units from its first packet. */
function oggShape(packet: Buffer | undefined, serial: number): OggShape | undefined {
  const name = packet?.toString('latin1', 0, 8) ?? '';
  if (!packet) return undefined;
  if (name === 'OpusHead' && packet.length >= 19)
    return { serial, rateHz: 48_000, preSkip: packet.readUInt16LE(10) };
  const vorbisHz =
    name.startsWith('\x01vorbis') && packet.length >= 30 ? packet.readUInt32LE(12) : 0;
  const flacHz =
    name.startsWith('\x7fFLAC') && packet.length >= 51 ? packet.readUIntBE(27, 3) >> 4 : 0;
  const rateHz = vorbisHz || flacHz;
  return rateHz > 0 ? { serial, rateHz, preSkip: 0 } : undefined;
}

/** Undefined where the sound begins behind `head`, or the file is damaged: then it is read from its start. */
function wavShape(head: Buffer): WavShape | undefined {
  let format: Pick<WavShape, 'bytesPerSecond' | 'frameBytes'> | undefined;
  for (let at = 12; at + 8 <= head.length; ) {
    const [name, size] = [head.toString('latin1', at, at + 4), head.readUInt32LE(at + 4)];
    if (name === 'data') {
      const dataBytes = size === 0 || size >= openFrom ? undefined : size;
      return format && { ...format, dataAt: at + 8, dataBytes };
    }
    if (name === 'fmt ') format = formatOf(head.subarray(at + 8));
    at += 8 + size + (size % 2);
  }
  return undefined;
}

function formatOf(chunk: Buffer): Pick<WavShape, 'bytesPerSecond' | 'frameBytes'> | undefined {
  if (chunk.length < 16) return undefined;
  const frameBytes = chunk.readUInt16LE(2) * (chunk.readUInt16LE(14) >> 3);
  const bytesPerSecond = frameBytes * chunk.readUInt32LE(4);
  return bytesPerSecond > 0 ? { frameBytes, bytesPerSecond } : undefined;
}
