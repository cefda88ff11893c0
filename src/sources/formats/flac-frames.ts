/** Longest a header may be (RFC 9639, 9.1). */
const longestHeaderBytes = 16;
/** Longest a frame may be that is meant for streams (RFC 9639, 7); hostile ones hold four times as much. */
const mostSamples = 16_384;
/** Longest frame, in bytes: one of 8 channels, 24 bit and the usual 4096 samples has 100 kB. */
const longestFrameBytes = 512 * 1024;
/** Frames of which one may follow another: those between were damaged. */
const farthest = 32;

export type FlacFrame = {
  readonly bytes: Buffer;
  /** Length of its sound; infinite where only the head of the file has its rate. */
  readonly ms: number;
};

/**
 * Cuts native FLAC into frames, in pieces of any length: each ends where one with a later number begins. What precedes the first
 * of them, pictures say, is left out.
 *
 * The decoder's own way holds 16 kB and more back, of which hostile files make gigabytes at once, and is lost for ever at the
 * first wrong byte.
 */
export class FlacFrames {
  /** Begins with the frame of `#header`, if there is one. */
  #rest: Buffer = Buffer.alloc(0);
  /** Bytes of it that were searched. */
  #searched = 0;
  #header: FlacHeader | undefined;
  /** It followed another, and was not found by chance. */
  #isSure = false;

  push(bytes: Uint8Array): FlacFrame[] {
    this.#rest = Buffer.concat([this.#rest, bytes]);
    const frames: FlacFrame[] = [];
    for (let at = this.#findFrame(); at !== undefined; at = this.#findFrame()) {
      const next = readHeader(this.#rest.subarray(at));
      const follows = next !== undefined && isNext(this.#header, next);
      this.#searched = at + 1;
      if (!next || (this.#isSure && !follows)) continue;
      if (follows) frames.push(...this.#takeFrame(at));
      this.#beginFrame(at, next);
      this.#isSure = follows;
    }
    if (!this.#header || this.#searched > longestFrameBytes)
      this.#beginFrame(this.#searched);
    return frames;
  }

  /** The last frame, which no other follows. */
  end(): FlacFrame[] {
    const more = this.push(Buffer.alloc(longestHeaderBytes));
    return [...more, ...this.#takeFrame(this.#rest.length - longestHeaderBytes)];
  }

  /** Where a whole header may begin; undefined where more bytes are needed. */
  #findFrame() {
    const at = this.#rest.indexOf(0xff, this.#searched);
    if (at >= 0 && at + longestHeaderBytes <= this.#rest.length) return at;
    this.#searched = at < 0 ? this.#rest.length : at;
    return undefined;
  }

  #takeFrame(length: number) {
    if (!this.#header) return [];
    return [{ bytes: this.#rest.subarray(0, length), ms: this.#header.ms }];
  }

  #beginFrame(at: number, header?: FlacHeader) {
    this.#rest = this.#rest.subarray(at);
    this.#searched = header ? 1 : 0;
    this.#header = header;
    this.#isSure &&= header !== undefined;
  }
}

type FlacHeader = {
  readonly ms: number;
  /** Blocking strategy and bits of a sample: equal in all frames of a file. */
  readonly kind: number;
  /** Number of the frame, or of its first sample where frames differ in length, and the most that one frame adds to it. */
  readonly number: number;
  readonly step: number;
};

function isNext(one: FlacHeader | undefined, next: FlacHeader) {
  if (one?.kind !== next.kind || next.number <= one.number) return false;
  return next.number <= one.number + farthest * one.step;
}

/** The header that a frame begins with: RFC 9639, 9.1, with its checksum. Needs 16 bytes. */
function readHeader(bytes: Buffer) {
  const [, blocking = 0, sizes = 0, shape = 0, first = 0] = bytes;
  const [size, rate, bits] = [sizes >> 4, sizes & 15, shape & 15];
  if ((blocking & 0xfe) !== 0xf8 || shape >> 4 > 10 || (bits & 1) !== 0 || bits === 6)
    return undefined;
  const ofNumber = countNumberBytes(first);
  const sizeAt = 4 + ofNumber;
  const rateAt = sizeAt + (sizeBytes[size - 6] ?? 0);
  const length = rateAt + (rateBytes[rate - 12] ?? 0);
  if (computeCrc(bytes.subarray(0, length + 1), headerTable) !== 0) return undefined;
  const samples = readSampleCount(size, bytes.subarray(sizeAt, rateAt));
  const rateKhz = readRateKhz(rate, bytes.subarray(rateAt, length));
  if (!(samples <= mostSamples) || rateKhz === undefined) return undefined;
  const lead = ofNumber === 1 ? first : first & (0x7f >> ofNumber);
  const number = bytes
    .subarray(5, sizeAt)
    .reduce((sum, byte) => sum * 64 + (byte & 63), lead);
  const step = (blocking & 1) === 0 ? 1 : mostSamples;
  return { ms: samples / rateKhz, kind: (blocking << 4) | bits, number, step };
}

/** Length in bytes of the frame's number, which is coded like a character of UTF-8. */
function countNumberBytes(first: number) {
  return first < 0x80 ? 1 : Math.max(1, Math.clz32(~(first << 24)));
}

/** Bytes behind the header's codes: of a size from code 6 on, of a rate from 12 on. */
const [sizeBytes, rateBytes] = [
  [1, 2],
  [1, 2, 2],
];

/** NaN for a code without a meaning. */
function readSampleCount(size: number, extra: Buffer) {
  if (extra.length > 0) return extra.readUIntBE(0, extra.length) + 1;
  if (size === 1) return 192;
  return size === 0 ? Number.NaN : size < 6 ? 576 << (size - 2) : 256 << (size - 8);
}

/** Rates by their code, in kHz; 0 stands in the head of the file only. */
const khz = [0, 88.2, 176.4, 192, 8, 16, 22.05, 24, 32, 44.1, 48, 96];
/** Units of those that stand behind the codes, from 12 on, in kHz. */
const units = [1, 0.001, 0.01];

function readRateKhz(rate: number, extra: Buffer) {
  const unit = units[rate - 12];
  return unit === undefined ? khz[rate] : unit * extra.readUIntBE(0, extra.length);
}

/** Whether nothing of a frame was damaged: RFC 9639, 9.3. */
export function isWhole(frame: Buffer): boolean {
  return computeCrc(frame, frameTable) === 0;
}

/** Checksum of bytes; 0 where their own ends them. */
function computeCrc(bytes: Buffer, table: Uint16Array) {
  let crc = 0;
  for (const byte of bytes)
    crc = ((crc << 8) & 0xffff) ^ (table[(crc >> 8) ^ byte] ?? 0);
  return crc;
}

function createCrcTable(polynomial: number) {
  return Uint16Array.from({ length: 256 }, (_, n) => {
    let crc = n << 8;
    for (let bit = 0; bit < 8; bit++)
      crc = (crc << 1) ^ (crc & 0x8000 ? polynomial : 0);
    return crc;
  });
}

/** Polynomials of 8 bits, in the upper half, and of 16. */
const headerTable = createCrcTable(0x0700);
const frameTable = createCrcTable(0x8005);
