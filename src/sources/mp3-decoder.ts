import { MPEGDecoder } from 'mpg123-decoder';
import { Resampler } from '#src/audio/resample.ts';
import { type DecodedRateHz, type Decoder, Flaws } from './decoder.ts';

/** Bytes before a tag tells its length. */
const tagHeadBytes = 10;

/** MP3, without the tag before it, which may hold pictures. */
export async function openMp3(rateHz: DecodedRateHz): Promise<Decoder> {
  const decoder = new MPEGDecoder();
  await decoder.ready;
  const flaws = new Flaws();
  const tag = new Tag();
  let fromHz = rateHz as number;
  let resampler: Resampler | undefined;
  const resampled = (samples: Int16Array, soundHz: number): Int16Array[] => {
    if (resampler && soundHz === fromHz) return [resampler.push(samples)];
    const before = resampler?.flush() ?? new Int16Array(0);
    fromHz = soundHz;
    resampler = new Resampler(fromHz, rateHz);
    return [before, resampler.push(samples)];
  };
  return {
    push(bytes) {
      const frames = tag.after(bytes);
      if (frames.length === 0) return [];
      const { channelData, samplesDecoded, sampleRate, errors } = decoder.decode(frames);
      flaws.note(frames.length, samplesDecoded, errors.length);
      return samplesDecoded > 0 ? resampled(mono(channelData), sampleRate) : [];
    },
    end: () => (resampler ? [resampler.flush()] : []),
    free: () => decoder.free(),
  };
}

/** One channel, the mean of all there are, as 16 bit. */
function mono(channels: readonly Float32Array[]): Int16Array {
  const [first = new Float32Array(0)] = channels;
  return Int16Array.from(first, (_, n) => {
    const sum = channels.reduce((all, channel) => all + (channel[n] ?? 0), 0);
    return Math.max(-1, Math.min(1, sum / channels.length || 0)) * 32_767;
  });
}

/** Leaves out an ID3v2 tag at the start, in pieces of any length. Source: id3.org, "ID3v2.4 structure", 3.1. */
class Tag {
  #head: Buffer | undefined = Buffer.alloc(0);
  #leftBytes = 0;

  after(bytes: Uint8Array): Uint8Array {
    if (this.#head) {
      const head: Buffer = Buffer.concat([this.#head, bytes]);
      if (head.length < tagHeadBytes) {
        this.#head = head;
        return new Uint8Array(0);
      }
      this.#head = undefined;
      this.#leftBytes = tagBytes(head);
      return this.#skipped(head);
    }
    return this.#skipped(bytes);
  }

  #skipped(bytes: Uint8Array): Uint8Array {
    const skipped = Math.min(this.#leftBytes, bytes.length);
    this.#leftBytes -= skipped;
    return bytes.subarray(skipped);
  }
}

/** Seven bits of length a byte. */
function tagBytes(head: Buffer): number {
  if (head.toString('latin1', 0, 3) !== 'ID3') return 0;
  const size = [6, 7, 8, 9].reduce((sum, at) => sum * 128 + (head.readUInt8(at) & 127), 0);
  const hasFooter = (head.readUInt8(5) & 0x10) !== 0;
  return tagHeadBytes + size + (hasFooter ? tagHeadBytes : 0);
}
