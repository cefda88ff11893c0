import type { OpusCodec } from '#src/audio/opus/opus.ts';
import { opusSamples } from '#src/audio/opus/opus-toc.ts';
import type { SoundChunk } from '#src/audio/sound-source.ts';
import type { Want } from '#src/sources/decode/decoder.ts';
import type { Skip } from '#src/sources/decode/skip.ts';
import { OggPackets } from './ogg-packets.ts';
import type { OggPage } from './ogg-page.ts';
import type { OggSound } from './ogg-sound.ts';
import { OpusSound, preSkipOf } from './opus-sound.ts';

/** Ogg Opus (RFC 7845), as Discord's voice messages are. */
export function openOggOpus(serial: number, codec: OpusCodec, want: Want, skip: Skip): OggSound {
  const packets = new OggPackets();
  let headers = 0;
  let sound: OpusSound | undefined;
  let granule = 0;
  const heads = (some: readonly Buffer[]): readonly Buffer[] => {
    const sounding = some.slice(Math.max(0, 2 - headers));
    const [head] = some;
    if (headers === 0 && head) sound = new OpusSound(codec, want, skip, preSkipOf(head));
    headers += some.length - sounding.length;
    return sounding;
  };
  const push = (page: OggPage) => {
    let keep = endOf(page, granule);
    granule = page.granule ?? granule;
    const given = heads(packets.push(page)).map((packet): readonly SoundChunk[] | undefined => {
      const chunks = sound?.push(packet, keep);
      keep -= opusSamples(packet);
      return chunks;
    });
    const flaws = given.filter((chunks) => chunks === undefined).length;
    return { chunks: given.flatMap((chunks) => chunks ?? []), flaws, isHead: given.length === 0 };
  };
  return {
    serial,
    push: async (page) => push(page),
    end: async () => [],
    free: () => sound?.free(),
  };
}

/** How much of a page lies before the end of the sound: the last one may hold more (RFC 7845, 4.4). */
function endOf({ isLast, granule }: OggPage, before: number): number {
  return isLast && granule !== undefined ? granule - before : Number.POSITIVE_INFINITY;
}
