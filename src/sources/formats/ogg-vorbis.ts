import { OggVorbisDecoder } from '@wasm-audio-decoders/ogg-vorbis';
import { asChunk } from '#src/sources/decode/channel-chunks.ts';
import { OggPackets } from './ogg-packets.ts';
import { type OggPage, writePages } from './ogg-page.ts';
import type { OggSound } from './ogg-sound.ts';

/** A comment of nobody and nothing (Vorbis I, 5.2.1). */
const noComment = Buffer.from('\x03vorbis\0\0\0\0\0\0\0\0\x01', 'latin1');

/** In the first packet (Vorbis I, 4.2.2). */
const channelsAt = 11;
const mostChannels = 8;

type VorbisSamples = { readonly channelData: Float32Array[]; readonly sampleRate: number };

const head = { chunks: [], flaws: 0, isHead: true } as const;

/**
 * Ogg Vorbis. The decoder sees whole pages only, whose checksums are right, and no comment: there pictures lie.
 *
 * Headers reach it with the first page of sound: without sound it takes 20 ms to gather nothing from 36,000 channels.
 */
export async function openOggVorbis(serial: number): Promise<OggSound> {
  const decoder = new OggVorbisDecoder();
  await decoder.ready;
  const packets = new OggPackets();
  const headers: Buffer[] = [];
  let opening: readonly Buffer[] = [];
  let hasSound = false;
  const decoded = async (work: () => Promise<VorbisSamples>) => {
    // It stumbles over its own report of a flaw now and then.
    const given = await work().catch(() => undefined);
    if (!given) return { chunks: [], flaws: 1 };
    return { chunks: asChunk(given.channelData, given.sampleRate, 'vorbis'), flaws: 0 };
  };
  const sound = (bytes: Uint8Array) => {
    const all = new Uint8Array(Buffer.concat([...opening, bytes]));
    opening = [];
    hasSound = true;
    return decoded(() => decoder.decode(all));
  };
  return {
    serial,
    async push(page: OggPage) {
      if (headers.length >= 3) return await sound(page.bytes);
      headers.push(...packets.push(page).map((packet) => Buffer.from(packet)));
      const [first, , setup] = headers;
      if ((first?.[channelsAt] ?? 0) > mostChannels) throw new Error('it has many channels');
      if (!first || !setup) return head;
      opening = [
        writePages([first], { serial, isFirst: true }),
        writePages([noComment, setup], { serial, sequence: 1 }),
      ];
      return head;
    },
    end: async () => (hasSound ? (await decoded(() => decoder.flush())).chunks : []),
    free: () => decoder.free(),
  };
}
