export type SoundFileFormat = 'wav' | 'mp3' | 'flac' | 'ogg' | 'webm';

export type SniffResult =
  | { readonly kind: 'format'; readonly format: SoundFileFormat }
  /** `name` is for the operator, and `demuxer` the value for `-f` of ffmpeg. */
  | { readonly kind: 'ffmpeg'; readonly name: string; readonly demuxer: string }
  | { readonly kind: 'foreign'; readonly name: string }
  | { readonly kind: 'more' };

/** An Ogg page names its codec at byte 28. */
const minSniffBytes = 48;
/** A WebM file names its codec, and a cut MP3 stream finds its frames, within these bytes. */
const maxSniffBytes = 8192;
/** One or two headers may be chance. */
const minFramesInARow = 3;

/**
 * Detects a format by its first bytes.
 *
 * At most 8 kB are needed, fewer for a shorter file (`isWhole`).
 */
export function sniffFormat(fileStart: Uint8Array, isWhole: boolean): SniffResult {
  const bytes = Buffer.from(
    fileStart.buffer,
    fileStart.byteOffset,
    Math.min(fileStart.length, maxSniffBytes),
  );
  const named = sniffNamedFormat(bytes, isWhole);
  if (named) return named;
  const isEnough = isWhole || fileStart.length >= maxSniffBytes;
  // A decoder makes loud noise of foreign data.
  return sniffFrames(bytes, isEnough) ?? { kind: 'foreign', name: 'not a sound file' };
}

/** Detects only formats that begin with a name. */
export function sniffNamedFormat(
  bytes: Buffer,
  isWhole: boolean,
): SniffResult | undefined {
  if (bytes.length < minSniffBytes && !isWhole) return { kind: 'more' };
  const text = bytes.toString('latin1', 0, minSniffBytes);
  if (text.startsWith('OggS')) return sniffOgg(text);
  const isEnough = isWhole || bytes.length >= maxSniffBytes;
  if (text.startsWith('\x1a\x45\xdf\xa3')) return sniffMatroska(bytes, isEnough);
  return matchSignature(text);
}

function matchSignature(text: string): SniffResult | undefined {
  if (/^(RIFF|RF64|BW64)....(?!AVI )/s.test(text))
    return { kind: 'format', format: 'wav' };
  if (text.startsWith('fLaC')) return { kind: 'format', format: 'flac' };
  if (text.startsWith('ID3')) return { kind: 'format', format: 'mp3' };
  const signature = ffmpegSignatures.find(([pattern]) => pattern.test(text));
  return signature && { kind: 'ffmpeg', name: signature[1], demuxer: signature[2] };
}

/** Patterns, names for the operator, and demuxers of ffmpeg: https://ffmpeg.org/ffmpeg-formats.html */
const ffmpegSignatures: readonly (readonly [RegExp, string, string])[] = [
  [/^....(ftyp|styp|moov|moof|mdat|wide)/s, 'MP4', 'mov'],
  [/^RIFF....AVI /s, 'AVI', 'avi'],
  [/^FORM....AIF/s, 'AIFF', 'aiff'],
  [/^\x30\x26\xb2\x75/, 'WMA', 'asf'],
  [/^caff/, 'CAF', 'caf'],
  [/^wvpk/, 'WavPack', 'wv'],
  [/^MAC /, "Monkey's Audio", 'ape'],
  [/^#!AMR/, 'AMR', 'amr'],
  [/^FLV/, 'Flash video', 'flv'],
  [/^\.snd/, 'AU', 'au'],
  [/^riff\x2e\x91/, 'Wave64', 'w64'],
  [/^TTA[12]/, 'True Audio', 'tta'],
  [/^MPCK/, 'Musepack', 'mpc8'],
  [/^DSD /, 'DSF', 'dsf'],
  [/^ADIF/, 'AAC', 'aac'],
];

function sniffOgg(text: string): SniffResult {
  const isMany = text.charCodeAt(28 + 18) > 0;
  if (text.startsWith('OpusHead', 28) && isMany)
    return toFfmpegOgg('Opus with more than two channels');
  const isKnown = ['OpusHead', '\x01vorbis', '\x7fFLAC'].some((name) =>
    text.startsWith(name, 28),
  );
  if (isKnown) return { kind: 'format', format: 'ogg' };
  return toFfmpegOgg('an Ogg file of another kind');
}

function toFfmpegOgg(formatName: string): SniffResult {
  return { kind: 'ffmpeg', name: formatName, demuxer: 'ogg' };
}

function sniffMatroska(bytes: Buffer, isEnough: boolean): SniffResult {
  if (bytes.includes('A_OPUS', 0, 'latin1')) return { kind: 'format', format: 'webm' };
  if (!isEnough && !/A_[A-Z]{3}.{3}/s.test(bytes.toString('latin1')))
    return { kind: 'more' };
  return { kind: 'ffmpeg', name: 'Matroska', demuxer: 'matroska' };
}

function sniffFrames(bytes: Buffer, isEnough: boolean): SniffResult | undefined {
  for (let at = bytes.indexOf(0xff); at >= 0; at = bytes.indexOf(0xff, at + 1)) {
    const name = readFramesInARow(bytes, at, isEnough);
    if (name === 'AAC') return { kind: 'ffmpeg', name: 'AAC', demuxer: 'aac' };
    if (name === 'MP3') return { kind: 'format', format: 'mp3' };
  }
  const isText = /^\s*[#[<{]/.test(bytes.toString('latin1', 0, 16));
  return isEnough || isText ? undefined : { kind: 'more' };
}

function readFramesInARow(bytes: Buffer, from: number, isEnough: boolean) {
  let at = from;
  let firstHeader: MpegFrameHeader | undefined;
  for (let n = 0; n < minFramesInARow; n++) {
    // Where no more bytes come, fewer frames are enough from the first byte on.
    if (at + 6 > bytes.length)
      return isEnough && (from === 0 || n > 1) ? firstHeader?.name : undefined;
    const header = readFrameHeader(bytes.subarray(at));
    if (!header || (firstHeader && header.kind !== firstHeader.kind)) return undefined;
    firstHeader = header;
    at += header.lengthBytes;
  }
  return firstHeader?.name;
}

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
