import {
  countOpusSamples,
  loadOpus,
  type OpusCodec,
} from '#src/audio/opus/opus-codec.ts';
import type { Pcm } from '#src/audio/pcm.ts';
import type { SoundShape, SoundSkip } from '#src/sources/decode/decoder.ts';

/** https://www.rfc-editor.org/rfc/rfc7845.html#section-4.6 */
const preRollMs = 80;

let codec: Promise<OpusCodec> | undefined;

/** Decodes a packet, to nothing if it is not Opus. `samplesLeft` counts to the end, at 48 kHz. */
export type DecodeOpusPacket = (
  packet: Uint8Array,
  samplesLeft?: number,
) => readonly Pcm[];

/**
 * Opens an Opus stream by its header. Throws a plain Error for more than two channels:
 * https://www.rfc-editor.org/rfc/rfc7845.html#section-5.1
 */
export async function openOpus(
  header: Buffer,
  shape: SoundShape,
  skip: SoundSkip,
): Promise<DecodeOpusPacket> {
  if (header.length < 19 || header.readUInt8(18) !== 0)
    throw new Error('it has more than two channels');
  codec ??= loadOpus();
  const { rateHz, channels } = shape;
  const decoder = (await codec).createDecoder(rateHz, channels);
  const toIndex = (position: number) =>
    Math.round((position * rateHz) / 48_000) * channels;
  let preSkip = header.readUInt16LE(10);
  return (packet, samplesLeft = Infinity) => {
    const samples = countOpusSamples(packet);
    const cut = Math.min(samples, preSkip);
    preSkip -= cut;
    if (samples === 0 || skip.skipIfFar((samples - cut) / 48, preRollMs)) return [];
    try {
      const decoded = decoder.decode(packet);
      const end = Math.max(0, Math.min(samples, samplesLeft));
      const sound = decoded.slice(toIndex(cut), toIndex(end));
      return sound.length > 0 ? [{ samples: sound, rateHz, channels }] : [];
    } catch {
      return [];
    }
  };
}
