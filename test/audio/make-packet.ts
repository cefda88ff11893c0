import type { Packet } from '#src/audio/jitter-buffer.ts';
import { toPersonId } from '#src/base/ids.ts';

/** A packet of 20 ms in a stream that began at sequence 0 and timestamp 0. */
export function makePacket(sequence: number, changed: Partial<Packet> = {}): Packet {
  return {
    speakerId: toPersonId('ada'),
    sequence: sequence & 0xffff,
    timestamp: (sequence * 960) >>> 0,
    opus: Uint8Array.of(0x78, sequence & 0xff),
    atMs: sequence * 20,
    ...changed,
  };
}
