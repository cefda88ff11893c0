import { opus } from 'prism-media';
import type { OpusCodec } from '#src/audio/opus.ts';
import { type DecodedRateHz, type Decoder, Flaws } from './decoder.ts';
import { CommentPages } from './ogg-comment.ts';

/** Of what Opus holds back at its start, the header tells in this rate (RFC 7845, 5.1). */
const headerRateHz = 48_000;

/** Ogg Opus, as Discord's voice messages are: one or two channels, mixed down by the codec. */
export function openOgg(codec: OpusCodec, rateHz: DecodedRateHz): Decoder {
  const demuxer = new opus.OggDemuxer();
  const decoder = codec.decoder(rateHz);
  const comment = new CommentPages();
  const flaws = new Flaws();
  let damage: Error | undefined;
  let toDrop = 0;
  demuxer.on('error', () => undefined); // it comes a tick late; `errored` tells at once
  demuxer.on('head', (head: Buffer) => {
    if (head.length < 19 || head.readUInt8(18) !== 0) damage = new Error('it has many channels');
    else toDrop = Math.round((head.readUInt16LE(10) * rateHz) / headerRateHz);
  });
  const sound = (packet: Uint8Array): Int16Array | undefined => {
    try {
      const samples = decoder.decode(packet).slice();
      const kept = samples.subarray(Math.min(toDrop, samples.length));
      toDrop -= samples.length - kept.length;
      return kept;
    } catch {
      return undefined; // one bad packet is a gap, many are damage
    }
  };
  return {
    push(bytes) {
      const pages = comment.without(bytes);
      if (pages.length > 0) demuxer.write(pages);
      const packets: Buffer[] = [];
      for (let packet = demuxer.read(); packet; packet = demuxer.read()) packets.push(packet);
      damage ??= demuxer.errored ?? undefined;
      if (damage) throw damage;
      const sounds = packets.map(sound).filter((samples) => samples !== undefined);
      flaws.note(pages.length, sounds.length, packets.length - sounds.length);
      return sounds;
    },
    end: () => [],
    free() {
      demuxer.destroy();
      decoder.free();
    },
  };
}
