import { FLACDecoder } from '@wasm-audio-decoders/flac';
import { type Decoder, interleavePcm, type Skip } from '#src/sources/decode/decoder.ts';
import { type FlacFrame, FlacFrames, isWhole } from './flac-frames.ts';

/**
 * Opens native FLAC, without damaged frames, which would kill the decoder, and frames far before the wanted
 * position.
 */
export async function openFlac(skip: Skip): Promise<Decoder> {
  const decoder = new FLACDecoder();
  await decoder.ready;
  const frames = new FlacFrames();
  const decodeFrames = async (some: readonly FlacFrame[]) => {
    const near = some.filter(
      ({ bytes, ms }) => !skip.skipIfFar(ms, ms) && isWhole(bytes),
    );
    if (near.length === 0) return [];
    const own = near.map(({ bytes }) => new Uint8Array(bytes));
    const { channelData, sampleRate } = await decoder.decodeFrames(own);
    return interleavePcm(channelData, sampleRate);
  };
  return {
    push: (bytes) => decodeFrames(frames.push(bytes)),
    end: () => decodeFrames(frames.end()),
    free: () => decoder.free(),
  };
}
