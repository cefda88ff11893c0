/** How samples are written as bytes: signed, unsigned or floating numbers, or the logarithms of telephony. */
export type SampleEncoding = {
  readonly kind: 'signed' | 'unsigned' | 'float' | 'mulaw' | 'alaw';
  readonly bits: number;
  readonly isBigEndian?: boolean;
};

/** Reads the sample that begins at a byte, as a number of 16 bits. */
export type ReadSample = (bytes: Buffer, at: number) => number;

/**
 * Creates a reader of samples. Undefined for an unknown encoding.
 *
 * @example
 * import { createSampleReader } from '#src/audio/formats/sample-encoding.ts';
 *
 * const read = createSampleReader({ kind: 'float', bits: 32 });
 * read?.(Buffer.from(Float32Array.of(0.5).buffer), 0); // 16383
 */
export function createSampleReader({
  bits,
  isBigEndian = false,
  kind,
}: SampleEncoding): ReadSample | undefined {
  const sampleBytes = bits / 8;
  switch (`${kind}/${bits}`) {
    case 'unsigned/8':
      return (bytes, at) => (bytes.readUInt8(at) - 128) << 8;
    case 'signed/8':
      return (bytes, at) => bytes.readInt8(at) << 8;
    case 'signed/16':
    case 'signed/24':
    case 'signed/32':
      if (isBigEndian) return (bytes, at) => bytes.readInt16BE(at);
      return (bytes, at) => bytes.readInt16LE(at + sampleBytes - 2);
    case 'float/32':
      if (isBigEndian) return (bytes, at) => toSample(bytes.readFloatBE(at));
      return (bytes, at) => toSample(bytes.readFloatLE(at));
    case 'float/64':
      if (isBigEndian) return (bytes, at) => toSample(bytes.readDoubleBE(at));
      return (bytes, at) => toSample(bytes.readDoubleLE(at));
    case 'mulaw/8':
      return (bytes, at) => expandMulaw(bytes.readUInt8(at));
    case 'alaw/8':
      return (bytes, at) => expandAlaw(bytes.readUInt8(at));
    default:
      return undefined;
  }
}

function toSample(value: number) {
  return Math.trunc(Math.max(-1, Math.min(1, value || 0)) * 32_767);
}

/** G.711, mu-law: https://www.itu.int/rec/T-REC-G.711 */
function expandMulaw(byte: number) {
  const inverted = ~byte & 0xff;
  const magnitude = (((inverted & 0x0f) << 3) + 0x84) << ((inverted & 0x70) >> 4);
  return inverted & 0x80 ? 0x84 - magnitude : magnitude - 0x84;
}

/** G.711, A-law: https://www.itu.int/rec/T-REC-G.711 */
function expandAlaw(byte: number) {
  const toggled = byte ^ 0x55;
  const segment = (toggled & 0x70) >> 4;
  const step = ((toggled & 0x0f) << 4) + 8;
  const magnitude = segment === 0 ? step : (step + 0x100) << (segment - 1);
  return toggled & 0x80 ? magnitude : -magnitude;
}
