import { opus } from 'prism-media';
import type { OpusCodec } from '#src/audio/opus.ts';
import type { SoundChunk } from '#src/audio/sound-source.ts';
import { type Decoder, Flaws, type Want } from './decoder.ts';
import { OpusSound, preSkipOf } from './opus-sound.ts';
import type { Skip } from './skip.ts';

/** Between two packets of sound a film may hold so much more than a sound would. */
const pictures = 8;

/** WebM or Matroska with Opus, as browsers record; what else is in it is passed over. */
export function openWebm(codec: OpusCodec, want: Want, skip: Skip): Decoder {
  const demuxer = new opus.WebmDemuxer();
  const flaws = new Flaws();
  let damage: Error | undefined;
  let sound: OpusSound | undefined;
  demuxer.on('error', () => undefined); // it comes a tick late; `errored` tells at once
  // It takes the private data of every track for its own, and a film's for damage (prism-media 1.3.5).
  Object.assign(demuxer, { _checkHead() {} });
  demuxer.on('head', (head: Buffer) => {
    if (head.toString('latin1', 0, 8) !== 'OpusHead') return;
    try {
      sound ??= new OpusSound(codec, want, skip, preSkipOf(head));
    } catch (error) {
      damage = error instanceof Error ? error : new Error('it is damaged');
    }
  });
  return {
    push(bytes) {
      demuxer.write(bytes);
      const packets: Buffer[] = [];
      for (let packet = demuxer.read(); packet; packet = demuxer.read()) packets.push(packet);
      damage ??= demuxer.errored ?? undefined;
      if (damage) throw damage;
      const given = packets.map((packet): readonly SoundChunk[] | undefined => sound?.push(packet));
      const bad = given.filter((chunks) => chunks === undefined).length;
      flaws.note(bytes.length / pictures, packets.length - bad, bad);
      return given.flatMap((chunks) => chunks ?? []);
    },
    end: () => [],
    free() {
      demuxer.destroy();
      sound?.free();
    },
  };
}
