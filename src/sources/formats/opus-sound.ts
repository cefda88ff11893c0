import { loadOpus } from '#src/audio/opus/load-opus.ts';
import type { OpusCodec } from '#src/audio/opus/opus-codec.ts';
import { countOpusSamples } from '#src/audio/opus/opus-packet.ts';
import type { Pcm } from '#src/audio/pcm.ts';
import type { Skip, SoundShape } from '#src/sources/decode/decoder.ts';

/** https://www.rfc-editor.org/rfc/rfc7845.html#section-4.6 */
const preRollMs = 80;

let codec: Promise<OpusCodec> | undefined;

/** Decodes a packet, to nothing if it is not Opus. `keep`: samples to the end, at 48 kHz. */
export type DecodeOpusPacket = (packet: Uint8Array, keep?: number) => readonly Pcm[];

/**
 * Opens an Opus stream by its header. Throws a plain Error for more than two channels:
 * https://www.rfc-editor.org/rfc/rfc7845.html#section-5.1
 */
export async function openOpus(
  head: Buffer,
  shape: SoundShape,
  skip: Skip,
): Promise<DecodeOpusPacket> {
  if (head.length < 19 || head.readUInt8(18) !== 0)
    throw new Error('it has more than two channels');
  codec ??= loadOpus();
  const { rateHz, channels } = shape;
  const decoder = (await codec).createDecoder(rateHz, channels);
  const getPlace = (place: number) => Math.round((place * rateHz) / 48_000) * channels;
  let preSkip = head.readUInt16LE(10);
  return (packet, keep = Infinity) => {
    const samples = countOpusSamples(packet);
    const cut = Math.min(samples, preSkip);
    preSkip -= cut;
    if (samples === 0 || skip.skipIfFar((samples - cut) / 48, preRollMs)) return [];
    try {
      const all = decoder.decode(packet);
      const sound = all.slice(
        getPlace(cut),
        getPlace(Math.max(0, Math.min(samples, keep))),
      );
      return sound.length > 0 ? [{ samples: sound, rateHz, channels }] : [];
    } catch {
      return [];
    }
  };
}
