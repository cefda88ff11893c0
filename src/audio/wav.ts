import { BotError } from '#src/base/errors.ts';
import { joinSamples, mixedDown, type Pcm } from './pcm.ts';

type WavReading =
  | { readonly kind: 'start' }
  | { readonly kind: 'chunks'; readonly encoding?: Encoding }
  /** `leftBytes` is Infinity where the writer could not know. */
  | { readonly kind: 'data'; readonly leftBytes: number; readonly encoding: Encoding }
  /** Behind a sound: only another file may follow. */
  | { readonly kind: 'done' };

const unknownSize = 0xffffffff;
/** Larger sizes are none: writers that stream put 2^31, 2 000 000 000 or all bits there. No answer of a server is larger. */
const longestDataBytes = 64 * 1024 * 1024;
/** Bytes of sound without a known end that are held back: in them a header may begin, or sizes that came too late. */
const heldBytes = 128;
/** Shorter sounds have samples that look like their size. */
const leastSizedBytes = 4096;
/** What begins where sound without a known end is over: another file, or a chunk behind the sound. */
const behindSound =
  /(?:RIFF|RF64|BW64)....WAVE|LIST....(?:INFO|adtl)|(?:fact|cue |smpl|inst|bext|iXML|afsp|id3 |ID3 |JUNK|PAD |_PMX)..\0\0/s;
const startOfFile = /(?:RIFF|RF64|BW64)....WAVE/s;
/** A format chunk has 16 to 40 bytes; more than this is not one. */
const formatLimitBytes = 256;

/** Sample encoding of a WAV file. */
type Encoding = {
  readonly rateHz: number;
  /** Number of channels; more than two are mixed down to one. */
  readonly channels: number;
  readonly sampleBytes: number;
  /** Reads one sample as 16 bit. */
  readonly sample: (bytes: Buffer, at: number) => number;
};

const mostChannels = 8;

/** Reads a whole WAV file: 8, 16, 24 or 32 bit PCM or 32 bit float, channels above two mixed down. Errors: BotError `audio.bad_wav`. */
export function readWav(bytes: Uint8Array): Pcm {
  const stream = new WavStream();
  const pieces = [...stream.push(bytes), ...stream.end()];
  const [first] = pieces;
  if (!first) throw badWav('The WAV file holds no sound.');
  return { ...first, samples: joinSamples(pieces.map(({ samples }) => samples)) };
}

/** A WAV file with 16 bit samples. */
export function writeWav({ samples, ...shape }: Pcm): Buffer {
  const dataBytes = samples.length * 2;
  const littleEndian = Buffer.from(samples.buffer, samples.byteOffset, dataBytes); // as every machine Node runs on has it
  return Buffer.concat([wavHeader(shape, dataBytes), littleEndian]);
}

/** Header of a WAV file with 16 bit samples; without `dataBytes` of one whose end is not known yet. */
export function wavHeader(
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
 * Reads a WAV file while it arrives, in pieces of any length. Holds no more than a header, or 128 bytes of sound, back.
 *
 * A data size of 0, or of more than 64 MiB, means: until the end, less chunks and late sizes behind the sound.
 * Files may follow each other: some servers send one a sentence. Errors: BotError `audio.bad_wav`, from `push` and `end`.
 */
export class WavStream {
  #reading: WavReading = { kind: 'start' };
  #rest: Buffer = Buffer.alloc(0);
  /** Bytes of an unneeded chunk that are still to come. */
  #skipBytes = 0;
  /** Bytes of sound that were given. */
  #soundBytes = 0;

  /** Gives the whole samples that `bytes` completed: nothing, or one piece per file. */
  push(bytes: Uint8Array): Pcm[] {
    this.#rest = Buffer.concat([this.#rest, bytes]);
    const pieces: Pcm[] = [];
    for (let next = this.#step(pieces); next; next = this.#step(pieces)) this.#reading = next;
    return pieces;
  }

  /** Gives the sound that was held back. Throws for a file that ended too early. */
  end(): Pcm[] {
    const reading = this.#reading;
    if (reading.kind === 'start') throw badWav('The sound is not a WAV file.');
    const last =
      reading.kind === 'data' ? this.#lastSound(reading.encoding, this.#rest.length) : [];
    if (this.#soundBytes > 0) return last;
    if (this.#reading.kind === 'data') throw badWav('The WAV file holds no sound.');
    throw badWav('The WAV file ends before its sound begins.');
  }

  /** The next state, or undefined until more bytes are here. */
  #step(pieces: Pcm[]): WavReading | undefined {
    const reading = this.#reading;
    switch (reading.kind) {
      case 'data':
        return this.#sound(reading.encoding, reading.leftBytes, pieces);
      case 'done':
        return this.#afterwards();
      case 'start':
        return this.#riff();
      case 'chunks':
        this.#skipBytes -= this.#take(this.#skipBytes).length;
        return this.#skipBytes > 0 ? undefined : this.#chunk(reading.encoding);
    }
  }

  #riff(): WavReading | undefined {
    const head = this.#rest.toString('latin1', 0, 12);
    const isFile = head.length < 12 ? /^R(I|F|$)|^BW|^B?$/.test(head) : startOfFile.test(head);
    if (!isFile) throw badWav('The sound is not a WAV file.');
    if (head.length < 12) return undefined;
    this.#take(12);
    return { kind: 'chunks' };
  }

  #chunk(encoding: Encoding | undefined): WavReading | undefined {
    if (this.#rest.length < 8) return undefined;
    const name = this.#rest.toString('latin1', 0, 4);
    const sizeBytes = this.#rest.readUInt32LE(4);
    if (name === 'data') {
      this.#take(8);
      if (!encoding) throw badWav('The WAV file has no format chunk before its sound.');
      const leftBytes = isOpenSize(sizeBytes) ? Infinity : sizeBytes;
      return { kind: 'data', encoding, leftBytes };
    }
    const padded = sizeBytes + (sizeBytes % 2);
    if (name === 'fmt ') return this.#format(padded);
    this.#take(8);
    this.#skipBytes = padded;
    return { kind: 'chunks', encoding };
  }

  #format(sizeBytes: number): WavReading | undefined {
    if (sizeBytes > formatLimitBytes) throw badWav('The WAV file has a damaged format chunk.');
    if (this.#rest.length < 8 + sizeBytes) return undefined;
    return { kind: 'chunks', encoding: readFormat(this.#take(8 + sizeBytes).subarray(8)) };
  }

  #sound(encoding: Encoding, leftBytes: number, pieces: Pcm[]): WavReading | undefined {
    if (leftBytes === Infinity) return this.#openSound(encoding, pieces);
    const frameBytes = encoding.sampleBytes * encoding.channels;
    const given = this.#give(encoding, Math.min(leftBytes, this.#rest.length));
    pieces.push(...given.pieces);
    const left = leftBytes - given.bytes;
    if (left < frameBytes) return { kind: 'done' };
    this.#reading = { kind: 'data', encoding, leftBytes: left };
    return undefined;
  }

  #openSound(encoding: Encoding, pieces: Pcm[]): WavReading | undefined {
    const end = this.#rest.toString('latin1').search(behindSound);
    if (end < 0) {
      pieces.push(...this.#give(encoding, this.#rest.length - heldBytes).pieces);
      return undefined;
    }
    pieces.push(...this.#lastSound(encoding, end));
    return { kind: 'done' };
  }

  /** The last `bytes` of a sound without a known end; its size, written where the file went on, is left out. */
  #lastSound(encoding: Encoding, bytes: number): Pcm[] {
    const totalBytes = this.#soundBytes + bytes;
    const isSize = (at: number) =>
      Math.abs(this.#rest.readUInt32LE(at) - totalBytes) < 2 * heldBytes;
    let end = bytes;
    // Four bytes of nothing stand before a size, since it belongs there in the head of the file.
    for (let at = Math.max(4, bytes - heldBytes); at + 4 <= end; at++)
      if (totalBytes > leastSizedBytes && isSize(at)) end = at - 4;
    const { pieces } = this.#give(encoding, end);
    this.#take(bytes - end);
    return pieces;
  }

  /** Whole samples of the first `most` bytes. */
  #give({ rateHz, channels, sampleBytes, sample }: Encoding, most: number) {
    const frameBytes = sampleBytes * channels;
    const bytes = this.#take(Math.max(0, most - (most % frameBytes)));
    const pieces: Pcm[] = [];
    if (bytes.length > 0) {
      this.#soundBytes += bytes.length;
      const samples = new Int16Array(bytes.length / sampleBytes);
      for (let n = 0; n < samples.length; n++) samples[n] = sample(bytes, n * sampleBytes);
      if (channels === 1 || channels === 2) pieces.push({ samples, rateHz, channels });
      else pieces.push({ samples: mixedDown(samples, channels), rateHz, channels: 1 });
    }
    return { pieces, bytes: bytes.length };
  }

  /** Only the beginning of another file is kept. */
  #afterwards(): WavReading | undefined {
    const start = this.#rest.toString('latin1').search(startOfFile);
    this.#take(start < 0 ? Math.max(0, this.#rest.length - 11) : start);
    return start < 0 ? undefined : { kind: 'start' };
  }

  #take(length: number): Buffer {
    const bytes = this.#rest.subarray(0, length);
    this.#rest = this.#rest.subarray(length);
    return bytes;
  }
}

/** Whether the size of a sound, as its header has it, says nothing. */
export function isOpenSize(sizeBytes: number): boolean {
  return sizeBytes === 0 || sizeBytes > longestDataBytes;
}

/** Reads the body of a format chunk. Errors: BotError `audio.bad_wav`. */
function readFormat(chunk: Buffer): Encoding {
  if (chunk.length < 16) throw badWav('The WAV file has a damaged format chunk.');
  const extensible = chunk.readUInt16LE(0) === 0xfffe && chunk.length >= 26;
  const code = chunk.readUInt16LE(extensible ? 24 : 0);
  const channels = chunk.readUInt16LE(2);
  const rateHz = chunk.readUInt32LE(4);
  const bits = chunk.readUInt16LE(14);
  const sample = sampleReader(code, bits);
  if (!sample) throw badWav(`The WAV file has an unsupported encoding (${code}, ${bits} bit).`);
  if (channels < 1 || channels > mostChannels)
    throw badWav(`The WAV file has ${channels} channels; the limit is 1 to ${mostChannels}.`);
  if (rateHz < 1000 || rateHz > 384_000)
    throw badWav(`The WAV file has an unsupported rate of ${rateHz} Hz.`);
  return { rateHz, channels, sampleBytes: bits / 8, sample };
}

/** Reads one sample as 16 bit; `code` 1 is PCM and 3 float (RFC 2361). */
function sampleReader(code: number, bits: number): Encoding['sample'] | undefined {
  switch (`${code}/${bits}`) {
    case '1/8':
      return (bytes, at) => (bytes.readUInt8(at) - 128) << 8;
    case '1/16':
      return (bytes, at) => bytes.readInt16LE(at);
    case '1/24':
      return (bytes, at) => bytes.readInt16LE(at + 1);
    case '1/32':
      return (bytes, at) => bytes.readInt16LE(at + 2);
    case '3/32':
      return (bytes, at) => Math.max(-1, Math.min(1, bytes.readFloatLE(at) || 0)) * 32_767;
    default:
      return undefined;
  }
}

function badWav(message: string): BotError {
  return new BotError('audio.bad_wav', false, message);
}
