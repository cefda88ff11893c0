import { FLACDecoder } from '@wasm-audio-decoders/flac';
import { asChunk } from '#src/sources/decode/channel-chunks.ts';
import { OggPackets } from './ogg-packets.ts';
import type { OggSound } from './ogg-sound.ts';

/** FLAC in Ogg (RFC 9639, 10.1): one frame a packet, told from what precedes them by its first byte. */
export async function openOggFlac(serial: number): Promise<OggSound> {
  const decoder = new FLACDecoder();
  await decoder.ready;
  const packets = new OggPackets();
  return {
    serial,
    async push(page) {
      const frames = packets.push(page).filter(([first]) => first === 0xff);
      if (frames.length === 0) return { chunks: [], flaws: 0, isHead: true };
      const own = frames.map((frame) => new Uint8Array(frame));
      const { channelData, sampleRate, errors } = await decoder.decodeFrames(own);
      return { chunks: asChunk(channelData, sampleRate), flaws: errors.length };
    },
    end: async () => [],
    free: () => decoder.free(),
  };
}
