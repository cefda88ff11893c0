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

type PaddedStream = { carriedCount: number; addedCount: number };

/**
 * Streams of all others as one person gets them.
 *
 * Packets of nothing but padding take sequence numbers, and the timestamp of the sound before them. Those numbers stay taken after
 * the padding has ended.
 */
export class PaddedStreams {
  /** By SSRC. */
  readonly #streams = new Map<number, PaddedStream>();

  /** Returns the packets to send for `packet`, in order. */
  padPacket(
    packet: VoicePacket,
    faults: PaddingFaults | undefined,
  ): readonly VoicePacket[] {
    const stream = this.#getStream(packet.ssrc);
    const numbered = {
      ...packet,
      sequence: (packet.sequence + stream.addedCount) & 0xffff,
    };
    if (!faults) return [numbered];
    stream.carriedCount++;
    const burst = stream.carriedCount % faults.every === 0 ? faults.burst : 0;
    stream.addedCount += burst;
    const padding = Array.from({ length: burst }, (_, n) => ({
      ...numbered,
      sequence: (numbered.sequence + 1 + n) & 0xffff,
      payload: Buffer.alloc(0),
      paddingBytes: 255,
    }));
    return [{ ...numbered, paddingBytes: faults.bytes }, ...padding];
  }

  #getStream(ssrc: number) {
    const stream = this.#streams.get(ssrc) ?? { carriedCount: 0, addedCount: 0 };
    this.#streams.set(ssrc, stream);
    return stream;
  }
}
