import type { VoicePacket } from '#sandbox/voice/rtp-packet.ts';

/** Padding that a voice server adds to packets for one person. Each path pads the same packets. */
export type PaddingFaults = {
  /** Bytes of padding on each packet that carries sound, 1 to 255. */
  readonly bytes: number;
  /** Packets that carry sound between two bursts of nothing but padding. */
  readonly every: number;
  /** Packets of one burst. */
  readonly burst: number;
};

type PaddedStream = { carried: number; added: number };

/**
 * Streams of all others as one person gets them.
 *
 * Packets of nothing but padding take sequence numbers, and the timestamp of the sound before them. Those numbers stay taken after
 * the padding has ended.
 */
export function createPaddedStreams() {
  const streams = new Map<number, PaddedStream>();

  return {
    /** Returns the packets to send for `packet`, in order. */
    padPacket(packet: VoicePacket, faults: PaddingFaults | undefined) {
      const stream = streams.get(packet.ssrc) ?? { carried: 0, added: 0 };
      streams.set(packet.ssrc, stream);
      const carrying = {
        ...packet,
        sequence: (packet.sequence + stream.added) & 0xffff,
      };
      if (!faults) return [carrying];
      stream.carried++;
      const burst = stream.carried % faults.every === 0 ? faults.burst : 0;
      stream.added += burst;
      const padding = Array.from({ length: burst }, (_, n) => ({
        ...carrying,
        sequence: (carrying.sequence + 1 + n) & 0xffff,
        payload: Buffer.alloc(0),
        paddingBytes: 255,
      }));
      return [{ ...carrying, paddingBytes: faults.bytes }, ...padding];
    },
  };
}
