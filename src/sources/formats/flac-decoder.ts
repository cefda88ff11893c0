import { FLACDecoder } from '@wasm-audio-decoders/flac';
import { calculateCrc, createCrcTable } from '#src/audio/formats/ogg-page.ts';
import {
  type Decoder,
  interleavePcm,
  type SoundSkip,
} from '#src/sources/decode/decoder.ts';

/** https://www.rfc-editor.org/rfc/rfc9639.html#section-9.1 */
const maxHeaderBytes = 16;
/** Limit of the streamable subset: https://www.rfc-editor.org/rfc/rfc9639.html#section-7 */
const maxFrameSamples = 16_384;
/** A usual frame of 8 channels and 24 bits has 100 kB. */
const maxFrameBytes = 512 * 1024;
/** After damage, up to so many frames may be missing. */
const maxMissingFrames = 32;

type FlacFrame = {
  readonly bytes: Buffer;
  /** Infinite if only the head of the file tells the rate. */
  readonly ms: number;
};

/**
 * Cuts native FLAC into frames, each up to one with a later number.
 *
 * The decoder's own parser holds back 16 kB, of which hostile files make gigabytes, and loses sync for ever at the
 * first wrong byte.
 */
export class FlacFrames {
  /** Begins with the frame of `#header`. */
  #remainder: Buffer = Buffer.alloc(0);
  #searched = 0;
  #header: FlacHeader | undefined;
  /** The frame followed another one, so it is no chance match. */
  #isSure = false;

  /** Adds bytes of the file, and returns the frames that they complete. */
  addBytes(bytes: Uint8Array): FlacFrame[] {
    this.#remainder = Buffer.concat([this.#remainder, bytes]);
    const frames: FlacFrame[] = [];
    for (let at = this.#findFrame(); at !== undefined; at = this.#findFrame())
      frames.push(...this.#takeFrameBefore(at));
    if (!this.#header || this.#searched > maxFrameBytes)
      this.#beginFrame(this.#searched);
    return frames;
  }

  /** Returns the last frames. Nothing may be pushed afterwards. */
  end(): FlacFrame[] {
    const frames = this.addBytes(Buffer.alloc(maxHeaderBytes));
    return [...frames, ...this.#takeFrame(this.#remainder.length - maxHeaderBytes)];
  }

  /** Finds the start of a possible header. Undefined if more bytes are needed. */
  #findFrame() {
    const at = this.#remainder.indexOf(0xff, this.#searched);
    if (at >= 0 && at + maxHeaderBytes <= this.#remainder.length) return at;
    this.#searched = at < 0 ? this.#remainder.length : at;
    return undefined;
  }

  #takeFrame(length: number): FlacFrame[] {
    if (!this.#header) return [];
    return [{ bytes: this.#remainder.subarray(0, length), ms: this.#header.ms }];
  }

  #beginFrame(at: number, next?: FlacHeader) {
    this.#remainder = this.#remainder.subarray(at);
    this.#searched = next ? 1 : 0;
    this.#header = next;
    this.#isSure &&= next !== undefined;
  }

  /** Reads a possible header, and takes the frame before it. */
  #takeFrameBefore(at: number) {
    const next = readHeader(this.#remainder.subarray(at));
    const follows = next !== undefined && isNext(this.#header, next);
    this.#searched = at + 1;
    if (!next || (this.#isSure && !follows)) return [];
    const frames = follows ? this.#takeFrame(at) : [];
    this.#beginFrame(at, next);
    this.#isSure = follows;
    return frames;
  }
}

type FlacHeader = {
  readonly ms: number;
  /** Blocking strategy and sample bits, equal in all frames of a file. */
  readonly kind: number;
  /** Number of the frame or of its first sample, and its largest step. */
  readonly number: number;
  readonly step: number;
};

function isNext(header: FlacHeader | undefined, next: FlacHeader) {
  if (header?.kind !== next.kind || next.number <= header.number) return false;
  return next.number <= header.number + maxMissingFrames * header.step;
}

/**
 * Reads the header from at least 16 bytes, and checks its CRC:
 * https://www.rfc-editor.org/rfc/rfc9639.html#section-9.1
 */
function readHeader(bytes: Buffer): FlacHeader | undefined {
  const [, blocking = 0, sizes = 0, shape = 0, numberStart = 0] = bytes;
  const [size, rate, bits] = [sizes >> 4, sizes & 15, shape & 15];
  if ((blocking & 0xfe) !== 0xf8 || shape >> 4 > 10 || (bits & 1) !== 0 || bits === 6)
    return undefined;
  const numberBytes = countNumberBytes(numberStart);
  const sizeAt = 4 + numberBytes;
  const rateAt = sizeAt + (sizeBytes[size - 6] ?? 0);
  const length = rateAt + (rateBytes[rate - 12] ?? 0);
  if (calculateCrc(bytes.subarray(0, length + 1), headerTable) !== 0) return undefined;
  const samples = readSampleCount(size, bytes.subarray(sizeAt, rateAt));
  const rateKhz = readRateKhz(rate, bytes.subarray(rateAt, length));
  if (!(samples <= maxFrameSamples) || rateKhz === undefined) return undefined;
  const lead = numberBytes === 1 ? numberStart : numberStart & (0x7f >> numberBytes);
  const number = bytes
    .subarray(5, sizeAt)
    .reduce((sum, byte) => sum * 64 + (byte & 63), lead);
  const step = (blocking & 1) === 0 ? 1 : maxFrameSamples;
  return { ms: samples / rateKhz, kind: (blocking << 4) | bits, number, step };
}

/** Counts the bytes of a frame's number, which is coded like a UTF-8 character. */
function countNumberBytes(numberStart: number) {
  return numberStart < 0x80 ? 1 : Math.max(1, Math.clz32(~(numberStart << 24)));
}

/** Extra bytes of the size from code 6 on, and of the rate from code 12 on. */
const [sizeBytes, rateBytes] = [
  [1, 2],
  [1, 2, 2],
];

/** Reads the samples of a frame. NaN for an unknown code. */
function readSampleCount(size: number, extra: Buffer) {
  if (extra.length > 0) return extra.readUIntBE(0, extra.length) + 1;
  if (size === 1) return 192;
  return size === 0 ? Number.NaN : size < 6 ? 576 << (size - 2) : 256 << (size - 8);
}

/** Code 0 refers to the head of the file. */
const khz = [0, 88.2, 176.4, 192, 8, 16, 22.05, 24, 32, 44.1, 48, 96];
/** From code 12 on. */
const units = [1, 0.001, 0.01];

function readRateKhz(rate: number, extra: Buffer) {
  const unit = units[rate - 12];
  return unit === undefined ? khz[rate] : unit * extra.readUIntBE(0, extra.length);
}

/** Checks the CRC of a frame: https://www.rfc-editor.org/rfc/rfc9639.html#section-9.3 */
function isWhole(frame: Buffer): boolean {
  return calculateCrc(frame, frameTable) === 0;
}

/** 8 and 16 bits. */
const headerTable = createCrcTable(0x07000000);
const frameTable = createCrcTable(0x80050000);

/**
 * Opens native FLAC, without damaged frames, which would kill the decoder, and frames far before the wanted
 * position.
 */
export async function openFlac(skip: SoundSkip): Promise<Decoder> {
  const decoder = new FLACDecoder();
  await decoder.ready;
  const frames = new FlacFrames();
  const decodeFrames = async (cutFrames: readonly FlacFrame[]) => {
    const nearFrames = cutFrames.filter(
      ({ bytes, ms }) => !skip.skipIfFar(ms, ms) && isWhole(bytes),
    );
    if (nearFrames.length === 0) return [];
    const copies = nearFrames.map(({ bytes }) => new Uint8Array(bytes));
    const { channelData, sampleRate } = await decoder.decodeFrames(copies);
    return interleavePcm(channelData, sampleRate);
  };
  return {
    addBytes: (bytes) => decodeFrames(frames.addBytes(bytes)),
    end: () => decodeFrames(frames.end()),
    free: () => decoder.free(),
  };
}
