import { FLACDecoder } from '@wasm-audio-decoders/flac';
import type { Pcm } from '#src/audio/pcm.ts';
import { type Decoder, pcmOf, type Skip } from '#src/sources/decode/decoder.ts';
import { type FlacFrame, FlacFrames, isWhole } from './flac-frames.ts';

/** Native FLAC. Frames far before the wanted position are left out undecoded, and so are damaged ones, of which the decoder dies. */
export async function openFlac(skip: Skip): Promise<Decoder> {
  const decoder = new FLACDecoder();
  await decoder.ready;
  const frames = new FlacFrames();
  const decoded = async (some: readonly FlacFrame[]): Promise<readonly Pcm[]> => {
    const near = some.filter(({ bytes, ms }) => !skip.passes(ms, ms) && isWhole(bytes));
    if (near.length === 0) return [];
    const own = near.map(({ bytes }) => new Uint8Array(bytes));
    const { channelData, sampleRate } = await decoder.decodeFrames(own);
    return pcmOf(channelData, sampleRate);
  };
  return {
    push: (bytes) => decoded(frames.push(bytes)),
    end: () => decoded(frames.end()),
    free: () => decoder.free(),
  };
}
