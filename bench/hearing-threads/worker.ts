// The thread that hears: by messages, or by two rings in shared memory.
import { parentPort, workerData } from 'node:worker_threads';
import { openEars } from './ears.ts';
import { readPacket } from './packets.ts';
import { SharedRing } from './shared-ring.ts';

/** Absent rings: by messages. */
export type HearingThread =
  | { readonly packets: SharedArrayBuffer; readonly heard: SharedArrayBuffer }
  | undefined;
/** Of a packet that completed a window `probability` is 0..1, else -1. */
export type HeardMessage = {
  readonly atMs: number;
  readonly probability: number;
  readonly samples: Int16Array;
};

const rings = workerData as HearingThread;
const hear = await openEars();
parentPort?.postMessage('ready');
if (rings) hearRings(new SharedRing(rings.packets), new SharedRing(rings.heard));
else parentPort?.on('message', hearMessage);

function hearRings(packets: SharedRing, heard: SharedRing): never {
  for (;;) {
    packets.drain(([lengthBytes = 0], room) => {
      // Copied: the slot belongs to the writer again, and decoders take no shared memory.
      const packet = readPacket(Buffer.from(room.subarray(0, lengthBytes)));
      const { samples, probability } = hear(packet);
      const bytes = new Uint8Array(samples.buffer, samples.byteOffset, samples.byteLength);
      heard.write([packet.atMs, probability, bytes.length], bytes);
    });
    packets.wait();
  }
}

function hearMessage(bytes: Uint8Array): void {
  const packet = readPacket(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length));
  const { samples, probability } = hear(packet);
  const message: HeardMessage = { atMs: packet.atMs, probability, samples };
  parentPort?.postMessage(message);
}
