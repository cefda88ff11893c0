import { readFrameHeader } from '#src/audio/formats/mpeg-frame.ts';
import type { SoundFileFormat } from '#src/audio/formats/sniff-format.ts';
import { isUnknownSize } from '#src/audio/formats/wav.ts';
import { countTagBytes } from './mp3-frames.ts';

export type LengthBytes = {
  readonly head: Buffer;
  /** Last pages of an Ogg file. */
  readonly tail: Buffer | undefined;
  readonly sizeBytes: number | undefined;
};

/** Computes the length from the first and last bytes. Hostile files lie. */
export function measureSoundLengthMs(
  format: SoundFileFormat,
  bytes: LengthBytes,
): number | undefined {
  switch (format) {
    case 'wav':
      return measureWavMs(bytes);
    case 'flac':
      return measureFlacMs(bytes);
    case 'mp3':
      return measureMp3Ms(bytes);
    case 'ogg':
      return measureOggMs(bytes);
    case 'webm':
      return undefined;
  }
}

function measureWavMs({ head, sizeBytes = Infinity }: LengthBytes) {
  const [format, data] = [head.indexOf('fmt '), head.indexOf('data')];
  if (format < 0 || data < format + 20 || head.length < data + 8) return undefined;
  const size = head.readUInt32LE(data + 4);
  const bytes = Math.min(isUnknownSize(size) ? Infinity : size, sizeBytes - data - 8);
  const lengthMs = (bytes / head.readUInt32LE(format + 16)) * 1000;
  return Number.isFinite(lengthMs) ? lengthMs : undefined;
}

/** Reads the length of FLAC: https://www.rfc-editor.org/rfc/rfc9639.html#section-8.2 */
function measureFlacMs({ head }: LengthBytes) {
  if (head.length < 26) return undefined;
  const rateHz = head.readUIntBE(18, 3) >> 4;
  const samples = (head.readUInt8(21) & 15) * 2 ** 32 + head.readUInt32BE(22);
  return rateHz > 0 && samples > 0 ? (samples / rateHz) * 1000 : undefined;
}

/** Computes the length of MP3 by its count of frames, else by its size. */
function measureMp3Ms({ head, sizeBytes }: LengthBytes) {
  const at = head.length >= 10 ? countTagBytes(head) : 0;
  if (at + 6 > head.length) return undefined;
  const header = readFrameHeader(head.subarray(at));
  if (header?.name !== 'MP3') return undefined;
  const frameMs = (header.samples / header.rateHz) * 1000;
  const first = head.subarray(at, at + header.lengthBytes);
  const mark = Math.max(
    first.indexOf('Xing', 0, 'latin1'),
    first.indexOf('Info', 0, 'latin1'),
  );
  const hasCount =
    mark >= 0 && first.length >= mark + 12 && (first.readUInt8(mark + 7) & 1) !== 0;
  if (hasCount) return first.readUInt32BE(mark + 8) * frameMs;
  return sizeBytes && ((sizeBytes - at) / header.lengthBytes) * frameMs;
}

/** https://www.rfc-editor.org/rfc/rfc3533.html#section-6 */
const [granuleAt, serialAt, pageHeadBytes] = [6, 14, 28];

/** Computes the length of Ogg by the last page of the first sound. */
function measureOggMs({ head, tail }: LengthBytes) {
  const { rateHz, preSkip } = readOggUnits(head);
  if (!tail || rateHz === 0) return undefined;
  const serial = head.readUInt32LE(serialAt);
  for (let at = tail.length; at > 0; ) {
    at = tail.lastIndexOf('OggS', at - 1, 'latin1');
    if (at < 0 || at + pageHeadBytes > tail.length) continue;
    const granule = Number(tail.readBigInt64LE(at + granuleAt));
    if (tail.readUInt32LE(at + serialAt) !== serial || granule < 0) continue;
    return (Math.max(0, granule - preSkip) / rateHz) * 1000;
  }
  return undefined;
}

/** Reads the rate and the pre-skip of Ogg. `rateHz` is 0 if unknown. */
function readOggUnits(head: Buffer) {
  const packet = head.subarray(pageHeadBytes);
  const name = packet.toString('latin1', 0, 8);
  if (name === 'OpusHead' && packet.length >= 12)
    return { rateHz: 48_000, preSkip: packet.readUInt16LE(10) };
  if (name.startsWith('\x01vorbis') && packet.length >= 16)
    return { rateHz: packet.readUInt32LE(12), preSkip: 0 };
  if (name.startsWith('\x7fFLAC') && packet.length >= 30)
    return { rateHz: packet.readUIntBE(27, 3) >> 4, preSkip: 0 };
  return { rateHz: 0, preSkip: 0 };
}
