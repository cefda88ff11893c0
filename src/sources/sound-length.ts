import { readHeader } from '#src/audio/frame-headers.ts';
import { tagBytes } from './mp3-frames.ts';
import { longestPageBytes, OggPages } from './ogg-page.ts';
import type { RawFormat } from './ports.ts';
import type { Format } from './sniff.ts';
import type { SoundBytes } from './sound-bytes.ts';
import { wavShape } from './wav-shape.ts';

/** What is known of a file once its first bytes are here. */
export type Known = {
  readonly bytes: SoundBytes;
  readonly head: Buffer;
  /** Undefined for raw samples. */
  readonly format: Format | undefined;
  readonly raw: RawFormat | undefined;
};

/** How long a sound is, where its head tells, or on this machine its end; hostile files may lie. Errors: those of the bytes. */
export async function soundLengthMs(
  known: Known,
  signal: AbortSignal,
): Promise<number | undefined> {
  const { bytes, head, format, raw } = known;
  const { sizeBytes } = bytes;
  if (raw) return sizeBytes && (sizeBytes / raw.channels / 2 / raw.rateHz) * 1000;
  switch (format) {
    case 'wav':
      return wavMs(head, sizeBytes);
    case 'flac':
      return flacMs(head);
    case 'mp3':
      return mp3Ms(head, sizeBytes);
    case 'ogg':
      return await oggMs(known, signal);
    default:
      return undefined;
  }
}

function wavMs(head: Buffer, sizeBytes: number | undefined): number | undefined {
  const shape = wavShape(head);
  if (!shape) return undefined;
  const there = sizeBytes === undefined ? shape.dataBytes : sizeBytes - shape.dataAt;
  const length = Math.min(
    shape.dataBytes ?? Number.POSITIVE_INFINITY,
    there ?? Number.POSITIVE_INFINITY,
  );
  return Number.isFinite(length) ? (length / shape.bytesPerSecond) * 1000 : undefined;
}

/** RFC 9639, 8.2: rate in 20 bits, length in 36. */
function flacMs(head: Buffer): number | undefined {
  if (head.length < 26) return undefined;
  const rateHz = head.readUIntBE(18, 3) >> 4;
  const samples = (head.readUInt8(21) & 15) * 2 ** 32 + head.readUInt32BE(22);
  return rateHz > 0 && samples > 0 ? (samples / rateHz) * 1000 : undefined;
}

/** By the count of frames its writer left in the first one, else by its size, as if all frames were alike. */
function mp3Ms(head: Buffer, sizeBytes: number | undefined): number | undefined {
  const at = head.length >= 10 ? tagBytes(head) : 0;
  if (at + 6 > head.length) return undefined;
  const header = readHeader(head.subarray(at));
  if (!header) return undefined;
  const frameMs = (header.samples / header.rateHz) * 1000;
  const first = head.subarray(at, at + header.lengthBytes);
  const mark = Math.max(first.indexOf('Xing', 0, 'latin1'), first.indexOf('Info', 0, 'latin1'));
  const hasCount = mark >= 0 && first.length >= mark + 12 && (first.readUInt8(mark + 7) & 1) !== 0;
  if (hasCount) return first.readUInt32BE(mark + 8) * frameMs;
  return sizeBytes && ((sizeBytes - at) / header.lengthBytes) * frameMs;
}

/** By its last page; only where reading that costs nothing. */
async function oggMs({ bytes, head }: Known, signal: AbortSignal): Promise<number | undefined> {
  const [first] = new OggPages().push(head);
  const shape = first && oggShape(first.pieces[0]);
  if (!shape || bytes.jumps !== 'any' || bytes.sizeBytes === undefined) return undefined;
  const flow = bytes.from(Math.max(0, bytes.sizeBytes - 2 * longestPageBytes));
  const tail = new OggPages();
  let last: number | undefined;
  for await (const piece of flow.all([], signal)) {
    for (const { granule, serial } of tail.push(piece)) {
      if (serial === first.serial) last = granule ?? last;
    }
  }
  return last === undefined ? undefined : (Math.max(0, last - shape.preSkip) / shape.rateHz) * 1000;
}

/** What counts the places of an Ogg file, by its first packet. */
export function oggShape(
  packet: Buffer | undefined,
): { readonly rateHz: number; readonly preSkip: number } | undefined {
  const name = packet?.toString('latin1', 0, 8) ?? '';
  if (!packet) return undefined;
  if (name === 'OpusHead' && packet.length >= 19)
    return { rateHz: 48_000, preSkip: packet.readUInt16LE(10) };
  const vorbisHz =
    name.startsWith('\x01vorbis') && packet.length >= 30 ? packet.readUInt32LE(12) : 0;
  const flacHz =
    name.startsWith('\x7fFLAC') && packet.length >= 51 ? packet.readUIntBE(27, 3) >> 4 : 0;
  const rateHz = vorbisHz || flacHz;
  return rateHz > 0 ? { rateHz, preSkip: 0 } : undefined;
}
