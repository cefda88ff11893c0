import { BotError } from '#src/base/errors.ts';

/** How a WAV file keeps its samples. */
export type Encoding = {
  readonly rateHz: number;
  /** More than two are mixed down to two. */
  readonly channels: number;
  readonly sampleBytes: number;
  /** As 16 bit. */
  readonly sample: (bytes: Buffer, at: number) => number;
};

const mostChannels = 8;

/** Reads the body of a format chunk. Errors: BotError `audio.bad_wav`. */
export function readFormat(chunk: Buffer): Encoding {
  if (chunk.length < 16) throw badWav('The WAV file has a damaged format chunk.');
  const extensible = chunk.readUInt16LE(0) === 0xfffe && chunk.length >= 26;
  const code = chunk.readUInt16LE(extensible ? 24 : 0);
  const channels = chunk.readUInt16LE(2);
  const rateHz = chunk.readUInt32LE(4);
  const bits = chunk.readUInt16LE(14);
  const sample = sampleReader(code, bits);
  if (!sample) throw badWav(`The WAV file has an encoding we cannot read (${code}, ${bits} bit).`);
  if (channels < 1 || channels > mostChannels)
    throw badWav(`The WAV file has ${channels} channels, not 1 to ${mostChannels}.`);
  if (rateHz < 1000 || rateHz > 384_000) throw badWav(`The WAV file has a rate of ${rateHz} Hz.`);
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

export function badWav(message: string): BotError {
  return new BotError('audio.bad_wav', false, message);
}
