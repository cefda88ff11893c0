import { FLACDecoder } from '@wasm-audio-decoders/flac';
import type { SoundChunk } from '#src/audio/sound-source.ts';
import { asChunk } from '#src/sources/decode/channel-chunks.ts';
import { type Decoder, Flaws } from '#src/sources/decode/decoder.ts';
import { FlacFrames } from './flac-frames.ts';
import { FlacHead } from './flac-head.ts';

/** Native FLAC. What lies before its frames, pictures among it, is left out. */
export async function openFlac(): Promise<Decoder> {
  const decoder = new FLACDecoder();
  await decoder.ready;
  const flaws = new Flaws();
  const head = new FlacHead();
  const frames = new FlacFrames();
  const decoded = async (some: readonly Buffer[]): Promise<readonly SoundChunk[]> => {
    if (some.length === 0) return [];
    const own = some.map((frame) => new Uint8Array(frame));
    const { channelData, sampleRate, errors } = await decoder.decodeFrames(own);
    flaws.note(0, 0, errors.length);
    return asChunk(channelData, sampleRate);
  };
  return {
    async push(bytes) {
      const before = frames.losses;
      const some = frames.push(head.without(bytes));
      flaws.passed(head.isOver ? 0 : bytes.length);
      flaws.note(head.isOver ? bytes.length : 0, some.length, frames.losses - before);
      return await decoded(some);
    },
    end: () => decoded(frames.end()),
    free: () => decoder.free(),
  };
}
