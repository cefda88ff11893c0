import type { Packet } from '#src/audio/packet.ts';

/** A packet as the sender's process sends it: when, who, and RTP's numbers before the sound. */
const headBytes = 16;

export function writePacket(
  { speakerId, sequence, timestamp, opus }: Packet,
  sentMs: number,
): Buffer {
  const bytes = Buffer.alloc(headBytes + opus.length);
  bytes.writeDoubleLE(sentMs, 0);
  bytes.writeUInt16LE(Number(speakerId), 8);
  bytes.writeUInt16LE(sequence, 10);
  bytes.writeUInt32LE(timestamp, 12);
  bytes.set(opus, headBytes);
  return bytes;
}

/** `atMs` is when it was sent, on the clock that all processes of a machine share. */
export function readPacket(bytes: Buffer): Packet {
  return {
    atMs: bytes.readDoubleLE(0),
    speakerId: String(bytes.readUInt16LE(8)),
    sequence: bytes.readUInt16LE(10),
    timestamp: bytes.readUInt32LE(12),
    opus: bytes.subarray(headBytes),
  };
}

/** Monotonic, and the same in every process of this machine. */
export function machineMs(): number {
  return Number(process.hrtime.bigint()) / 1e6;
}
