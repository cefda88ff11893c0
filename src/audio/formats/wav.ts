import { joinSamples, mixDown, type Pcm } from '#src/audio/pcm.ts';
import { BotError } from '#src/base/errors.ts';
import {
  createSampleReader,
  type ReadSample,
  type SampleEncoding,
} from './raw-sound.ts';

type WavReaderState =
  | { readonly kind: 'start' }
  | { readonly kind: 'chunks'; readonly encoding?: WavEncoding }
  /** `leftBytes` is Infinity if the writer did not know the length. */
  | {
      readonly kind: 'data';
      readonly leftBytes: number;
      readonly encoding: WavEncoding;
    }
  | { readonly kind: 'completed' };

const unknownSize = 0xffffffff;
/** Streaming writers put 2^31, 2,000,000,000 or all bits as a size. No answer of a provider is larger than this. */
const maxDataBytes = 64 * 1024 * 1024;
/** In these bytes at the end a header, or a size that came late, may lie. */
const maxHeldBytes = 128;
/** The samples of a shorter sound may look like its size. */
const minSizedBytes = 4096;
/** Another file, or a chunk after the sound. */
const startOfNextPart =
  /(?:RIFF|RF64|BW64)....WAVE|LIST....(?:INFO|adtl)|(?:fact|cue |smpl|inst|bext|iXML|afsp|id3 |ID3 |JUNK|PAD |_PMX)..\0\0/s;
const startOfFile = /(?:RIFF|RF64|BW64)....WAVE/s;
/** A format chunk has 16 to 40 bytes. */
const maxFormatChunkBytes = 256;

type WavEncoding = {
  readonly rateHz: number;
  readonly channels: number;
  readonly sampleBytes: number;
  readonly sample: ReadSample;
};

const maxChannels = 8;

/**
 * Reads a whole WAV file: PCM of 8 to 32 bits, float, or the A-law and mu-law of telephony. Throws BotError `audio.bad_wav`.
 *
 * @example
 * import { readWav, writeWav } from '#src/audio/formats/wav.ts';
 *
 * const file = writeWav({ samples: Int16Array.of(1, 2, 3), rateHz: 16_000, channels: 1 });
 * [...readWav(file).samples]; // [1, 2, 3]
 */
export function readWav(bytes: Uint8Array): Pcm {
  const stream = new WavReader();
  const pieces = [...stream.addBytes(bytes), ...stream.end()];
  const [firstPiece] = pieces;
  if (!firstPiece) throw createBadWavError('The WAV file holds no sound.');
  return { ...firstPiece, samples: joinSamples(pieces.map(({ samples }) => samples)) };
}

export function writeWav({ samples, ...shape }: Pcm): Buffer {
  const dataBytes = samples.length * 2;
  const littleEndian = Buffer.from(samples.buffer, samples.byteOffset, dataBytes); // Every machine that Node runs on is little endian.
  return Buffer.concat([writeWavHeader(shape, dataBytes), littleEndian]);
}

/** Writes the head of a WAV file, without `dataBytes` for an unknown length. */
export function writeWavHeader(
  { rateHz, channels }: Pick<Pcm, 'rateHz' | 'channels'>,
  dataBytes?: number,
): Buffer {
  const header = Buffer.alloc(44);
  header.write('RIFF', 0, 'latin1');
  header.writeUInt32LE(dataBytes === undefined ? unknownSize : 36 + dataBytes, 4);
  header.write('WAVEfmt ', 8, 'latin1');
  header.writeUInt32LE(16, 16);
  header.writeUInt16LE(1, 20);
  header.writeUInt16LE(channels, 22);
  header.writeUInt32LE(rateHz, 24);
  header.writeUInt32LE(rateHz * channels * 2, 28);
  header.writeUInt16LE(channels * 2, 32);
  header.writeUInt16LE(16, 34);
  header.write('data', 36, 'latin1');
  header.writeUInt32LE(dataBytes ?? unknownSize, 40);
  return header;
}

/**
 * Reads a WAV file as it arrives, in pieces of any length. Throws BotError `audio.bad_wav` from `addBytes` and `end`.
 *
 * With a data size of 0 or over 64 MiB, the sound lasts until the end. Files may follow each other, since some
 * servers send one for each sentence.
 */
export class WavReader {
  #reading: WavReaderState = { kind: 'start' };
  #rest: Buffer = Buffer.alloc(0);
  #skipBytes = 0;
  #soundBytes = 0;

  /** Adds bytes of the file, and returns the sound that they complete. */
  addBytes(bytes: Uint8Array): Pcm[] {
    this.#rest = Buffer.concat([this.#rest, bytes]);
    const pieces: Pcm[] = [];
    for (let next = this.#readNext(pieces); next; next = this.#readNext(pieces))
      this.#reading = next;
    return pieces;
  }

  /** Returns the sound held back. Throws for a file that ended too early. */
  end(): Pcm[] {
    const reading = this.#reading;
    if (reading.kind === 'start')
      throw createBadWavError('The sound is not a WAV file.');
    const last =
      reading.kind === 'data'
        ? this.#readLastSound(reading.encoding, this.#rest.length)
        : [];
    if (this.#soundBytes > 0) return last;
    if (this.#reading.kind === 'data')
      throw createBadWavError('The WAV file holds no sound.');
    throw createBadWavError('The WAV file ends before its sound begins.');
  }

  #readNext(pieces: Pcm[]): WavReaderState | undefined {
    const reading = this.#reading;
    switch (reading.kind) {
      case 'data':
        return this.#readSound(reading.encoding, reading.leftBytes, pieces);
      case 'completed':
        return this.#skipToNextFile();
      case 'start':
        return this.#readRiff();
      case 'chunks':
        this.#skipBytes -= this.#takeBytes(this.#skipBytes).length;
        return this.#skipBytes > 0 ? undefined : this.#readChunk(reading.encoding);
    }
  }

  #readRiff(): WavReaderState | undefined {
    const riffHeader = this.#rest.toString('latin1', 0, 12);
    const isFile =
      riffHeader.length < 12
        ? /^R(I|F|$)|^BW|^B?$/.test(riffHeader)
        : startOfFile.test(riffHeader);
    if (!isFile) throw createBadWavError('The sound is not a WAV file.');
    if (riffHeader.length < 12) return undefined;
    this.#takeBytes(12);
    return { kind: 'chunks' };
  }

  #readChunk(encoding: WavEncoding | undefined): WavReaderState | undefined {
    if (this.#rest.length < 8) return undefined;
    const name = this.#rest.toString('latin1', 0, 4);
    const sizeBytes = this.#rest.readUInt32LE(4);
    if (name === 'data') {
      this.#takeBytes(8);
      if (!encoding)
        throw createBadWavError('The WAV file has no format chunk before its sound.');
      const leftBytes = isUnknownSize(sizeBytes) ? Infinity : sizeBytes;
      return { kind: 'data', encoding, leftBytes };
    }
    const padded = sizeBytes + (sizeBytes % 2);
    if (name === 'fmt ') return this.#readFormatChunk(padded);
    this.#takeBytes(8);
    this.#skipBytes = padded;
    return { kind: 'chunks', encoding };
  }

  #readFormatChunk(sizeBytes: number): WavReaderState | undefined {
    if (sizeBytes > maxFormatChunkBytes)
      throw createBadWavError('The WAV file has a damaged format chunk.');
    if (this.#rest.length < 8 + sizeBytes) return undefined;
    return {
      kind: 'chunks',
      encoding: readFormat(this.#takeBytes(8 + sizeBytes).subarray(8)),
    };
  }

  #readSound(
    encoding: WavEncoding,
    leftBytes: number,
    pieces: Pcm[],
  ): WavReaderState | undefined {
    if (leftBytes === Infinity) return this.#readOpenSound(encoding, pieces);
    const frameBytes = encoding.sampleBytes * encoding.channels;
    const sound = this.#readSamples(encoding, Math.min(leftBytes, this.#rest.length));
    pieces.push(...sound.pieces);
    const left = leftBytes - sound.bytes;
    if (left < frameBytes) return { kind: 'completed' };
    this.#reading = { kind: 'data', encoding, leftBytes: left };
    return undefined;
  }

  #readOpenSound(encoding: WavEncoding, pieces: Pcm[]): WavReaderState | undefined {
    const end = this.#rest.toString('latin1').search(startOfNextPart);
    if (end < 0) {
      pieces.push(
        ...this.#readSamples(encoding, this.#rest.length - maxHeldBytes).pieces,
      );
      return undefined;
    }
    pieces.push(...this.#readLastSound(encoding, end));
    return { kind: 'completed' };
  }

  /** Reads the last `bytes` of a sound without a known end, but not the size that may follow it. */
  #readLastSound(encoding: WavEncoding, bytes: number) {
    const totalBytes = this.#soundBytes + bytes;
    const isSize = (at: number) =>
      Math.abs(this.#rest.readUInt32LE(at) - totalBytes) < 2 * maxHeldBytes;
    let end = bytes;
    // Four zero bytes stand before a late size, as in the head of the file.
    for (let at = Math.max(4, bytes - maxHeldBytes); at + 4 <= end; at++)
      if (totalBytes > minSizedBytes && isSize(at)) end = at - 4;
    const { pieces } = this.#readSamples(encoding, end);
    this.#takeBytes(bytes - end);
    return pieces;
  }

  #readSamples(
    { rateHz, channels, sampleBytes, sample }: WavEncoding,
    maxBytes: number,
  ) {
    const frameBytes = sampleBytes * channels;
    const bytes = this.#takeBytes(Math.max(0, maxBytes - (maxBytes % frameBytes)));
    const pieces: Pcm[] = [];
    if (bytes.length > 0) {
      this.#soundBytes += bytes.length;
      const samples = new Int16Array(bytes.length / sampleBytes);
      for (let n = 0; n < samples.length; n++)
        samples[n] = sample(bytes, n * sampleBytes);
      if (channels === 1 || channels === 2) pieces.push({ samples, rateHz, channels });
      else pieces.push({ samples: mixDown(samples, channels), rateHz, channels: 1 });
    }
    return { pieces, bytes: bytes.length };
  }

  #skipToNextFile(): WavReaderState | undefined {
    const start = this.#rest.toString('latin1').search(startOfFile);
    this.#takeBytes(start < 0 ? Math.max(0, this.#rest.length - 11) : start);
    return start < 0 ? undefined : { kind: 'start' };
  }

  #takeBytes(length: number) {
    const bytes = this.#rest.subarray(0, length);
    this.#rest = this.#rest.subarray(length);
    return bytes;
  }
}

export function isUnknownSize(sizeBytes: number): boolean {
  return sizeBytes === 0 || sizeBytes > maxDataBytes;
}

function readFormat(chunk: Buffer) {
  if (chunk.length < 16)
    throw createBadWavError('The WAV file has a damaged format chunk.');
  const extensible = chunk.readUInt16LE(0) === 0xfffe && chunk.length >= 26;
  const code = chunk.readUInt16LE(extensible ? 24 : 0);
  const channels = chunk.readUInt16LE(2);
  const rateHz = chunk.readUInt32LE(4);
  const bits = chunk.readUInt16LE(14);
  const sample = createReaderOfCode(code, bits);
  if (!sample)
    throw createBadWavError(
      `The WAV file has an unsupported encoding (${code}, ${bits} bit).`,
    );
  if (channels < 1 || channels > maxChannels)
    throw createBadWavError(
      `The WAV file has ${channels} channels; the limit is 1 to ${maxChannels}.`,
    );
  if (rateHz < 1000 || rateHz > 384_000)
    throw createBadWavError(`The WAV file has an unsupported rate of ${rateHz} Hz.`);
  return { rateHz, channels, sampleBytes: bits / 8, sample };
}

/** PCM, float, A-law and mu-law: https://www.rfc-editor.org/rfc/rfc2361.html */
const kindsByCode: Readonly<Record<number, SampleEncoding['kind']>> = {
  1: 'signed',
  3: 'float',
  6: 'alaw',
  7: 'mulaw',
};

function createReaderOfCode(code: number, bits: number) {
  const kind = code === 1 && bits === 8 ? 'unsigned' : kindsByCode[code];
  return kind && createSampleReader({ kind, bits });
}

function createBadWavError(message: string) {
  return new BotError('audio.bad_wav', false, message);
}
