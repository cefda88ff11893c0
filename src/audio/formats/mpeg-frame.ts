/** Layers I, II and III by version, in kbit/s. The first and last index mean none. */
const mpegBitrates = {
  first: [
    [32, 64, 96, 128, 160, 192, 224, 256, 288, 320, 352, 384, 416, 448],
    [32, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320, 384],
    [32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320],
  ],
  later: [
    [32, 48, 56, 64, 80, 96, 112, 128, 144, 160, 176, 192, 224, 256],
    [8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160],
    [8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160],
  ],
} as const;
const mpegRatesHz = [44_100, 48_000, 32_000];
/** Versions 2.5, reserved, 2 and 1. */
const mpegRateDivisors = [4, 0, 2, 1];
const mpegHeaderBytes = 6;

/**
 * Detects MP3 or AAC by two headers of the same kind, the second where the first one says.
 *
 * `unknown` means that up to 8 kB more are needed.
 */
export function detectFrames(bytes: Buffer): 'MP3' | 'AAC' | 'no' | 'unknown' {
  if (bytes.length < mpegHeaderBytes) return 'unknown';
  const firstHeader = readFrameHeader(bytes);
  if (!firstHeader) return 'no';
  if (bytes.length < firstHeader.lengthBytes + mpegHeaderBytes) return 'unknown';
  // Samples may look like one header, but not like two.
  const second = readFrameHeader(bytes.subarray(firstHeader.lengthBytes));
  return second && second.kind === firstHeader.kind ? firstHeader.name : 'no';
}

export type MpegFrameHeader = {
  readonly name: 'MP3' | 'AAC';
  /** Version, layer and rate in one number, equal in all frames of a sound. */
  readonly kind: number;
  readonly lengthBytes: number;
  /** Samples of each channel, or 0 for AAC. */
  readonly samples: number;
  readonly rateHz: number;
};

export function readFrameHeader(bytes: Buffer): MpegFrameHeader | undefined {
  const headerBits = bytes.readUInt32BE(0);
  if (headerBits >>> 21 !== 0x7ff) return undefined;
  const layer = (headerBits >>> 17) & 3;
  return layer === 0
    ? readAacHeader(bytes, headerBits)
    : readMpegHeader(headerBits, 3 - layer);
}

/** Reads the ADTS header of ISO 13818-7: https://wiki.multimedia.cx/index.php?title=ADTS */
function readAacHeader(bytes: Buffer, headerBits: number): MpegFrameHeader | undefined {
  const lengthBytes = ((bytes.readUInt32BE(2) >>> 5) & 0x1fff) >>> 0;
  const rate = (headerBits >>> 10) & 15;
  if (((headerBits >>> 20) & 1) === 0 || rate > 12 || lengthBytes < 8) return undefined;
  return { name: 'AAC', kind: headerBits >>> 10, lengthBytes, samples: 0, rateHz: 0 };
}

/** Reads the frame header of ISO 11172-3 and 13818-3. */
function readMpegHeader(
  headerBits: number,
  layer: number,
): MpegFrameHeader | undefined {
  const version = (headerBits >>> 19) & 3;
  const [slow, rateHz] = [
    mpegRateDivisors[version] ?? 0,
    mpegRatesHz[(headerBits >>> 10) & 3],
  ];
  const table = version === 3 ? mpegBitrates.first : mpegBitrates.later;
  const kilobits = table[layer]?.[((headerBits >>> 12) & 15) - 1];
  if (slow === 0 || rateHz === undefined || kilobits === undefined) return undefined;
  const samples = layer === 0 ? 384 : layer === 2 && version !== 3 ? 576 : 1152;
  const slot = layer === 0 ? 4 : 1;
  const slots = Math.floor((samples * kilobits * 125 * slow) / rateHz / slot);
  const lengthBytes = (slots + ((headerBits >>> 9) & 1)) * slot;
  const kind = (headerBits >>> 17) * 4 + ((headerBits >>> 10) & 3);
  return { name: 'MP3', kind, lengthBytes, samples, rateHz: rateHz / slow };
}
