import { BotError } from '#src/base/errors.ts';
import { mixedDown, type Pcm } from './pcm.ts';

type WavReading =
  | { readonly kind: 'start' }
  | { readonly kind: 'chunks'; readonly encoding?: Encoding }
  /** `leftBytes` is Infinity where the writer could not know. */
  | { readonly kind: 'data'; readonly leftBytes: number; readonly encoding: Encoding }
  /** Behind a sound of known length: only another file may follow. */
  | { readonly kind: 'done' };

const unknownSize = 0xffffffff;
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
  const [pcm] = stream.push(bytes);
  stream.end();
  if (!pcm) throw badWav('The WAV file holds no sound.');
  return pcm;
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
 * Reads a WAV file while it arrives, in pieces of any length. Holds no more than a header or one sample back.
 *
 * A data size of 0 or 0xFFFFFFFF means: until the end.
 * Files may follow each other: some servers send one a sentence. Errors: BotError `audio.bad_wav`, from `push` and `end`.
 */
export class WavStream {
  #reading: WavReading = { kind: 'start' };
  #rest: Buffer = Buffer.alloc(0);
  /** Bytes of an unneeded chunk that are still to come. */
  #skipBytes = 0;
  #sounded = false;

  /** Gives the whole samples that `bytes` completed: nothing, or one piece per file. */
  push(bytes: Uint8Array): Pcm[] {
    this.#rest = Buffer.concat([this.#rest, bytes]);
    const pieces: Pcm[] = [];
    for (let next = this.#step(pieces); next; next = this.#step(pieces)) this.#reading = next;
    return pieces;
  }

  /** Throws for a file that ended too early. */
  end(): void {
    if (this.#reading.kind === 'start') throw badWav('The sound is not a WAV file.');
    if (this.#sounded) return;
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
    if (!'RIFF'.startsWith(this.#rest.toString('latin1', 0, 4))) {
      throw badWav('The sound is not a WAV file.');
    }
    if (this.#rest.length < 12) return undefined;
    if (this.#take(12).toString('latin1', 8) !== 'WAVE')
      throw badWav('The sound is not a WAV file.');
    return { kind: 'chunks' };
  }

  #chunk(encoding: Encoding | undefined): WavReading | undefined {
    if (this.#rest.length < 8) return undefined;
    const name = this.#rest.toString('latin1', 0, 4);
    const sizeBytes = this.#rest.readUInt32LE(4);
    if (name === 'data') {
      this.#take(8);
      if (!encoding) throw badWav('The WAV file has no format chunk before its sound.');
      const open = sizeBytes === 0 || sizeBytes === unknownSize;
      return { kind: 'data', encoding, leftBytes: open ? Number.POSITIVE_INFINITY : sizeBytes };
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
    const { rateHz, channels, sampleBytes, sample } = encoding;
    const frameBytes = sampleBytes * channels;
    const next = leftBytes === Number.POSITIVE_INFINITY ? startOfFile(this.#rest) : undefined;
    const usable = Math.min(leftBytes, this.#rest.length, next ?? Number.POSITIVE_INFINITY);
    const bytes = this.#take(usable - (usable % frameBytes));
    const left = next === undefined ? leftBytes - bytes.length : 0;
    if (bytes.length > 0) {
      this.#sounded = true;
      const samples = new Int16Array(bytes.length / sampleBytes);
      for (let n = 0; n < samples.length; n++) samples[n] = sample(bytes, n * sampleBytes);
      if (channels === 1 || channels === 2) pieces.push({ samples, rateHz, channels });
      else pieces.push({ samples: mixedDown(samples, channels), rateHz, channels: 1 });
    }
    if (left < frameBytes) return { kind: 'done' };
    this.#reading = { kind: 'data', encoding, leftBytes: left };
    return undefined;
  }

  /** Only the beginning of another file is kept. */
  #afterwards(): WavReading | undefined {
    const head = this.#rest.toString('latin1', 0, 4);
    if (!'RIFF'.startsWith(head)) this.#rest = Buffer.alloc(0);
    return head === 'RIFF' ? { kind: 'start' } : undefined;
  }

  #take(length: number): Buffer {
    const bytes = this.#rest.subarray(0, length);
    this.#rest = this.#rest.subarray(length);
    return bytes;
  }
}

/** Start of another file in `bytes`, if there is one. */
function startOfFile(bytes: Buffer): number | undefined {
  const at = bytes.indexOf('RIFF', 0, 'latin1');
  return at >= 0 && bytes.toString('latin1', at + 8, at + 12) === 'WAVE' ? at : undefined;
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
