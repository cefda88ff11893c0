// People who talk, as a process of its own: sends what it is told to by UDP, then tells how late it was.
import { createSocket } from 'node:dgram';
import { setTimeout as sleep } from 'node:timers/promises';
import { percentile } from '#bench/table.ts';
import { loadOpus } from '#src/audio/opus/load-opus.ts';
import { encoded, speech } from '#test/audio/speech.ts';
import { machineMs, writePacket } from './packets.ts';

export type SendOrder = {
  readonly port: number;
  readonly talkers: number;
  readonly seconds: number;
};
export type SendReport = {
  readonly packets: number;
  readonly lateP95Ms: number;
};

const frameMs = 20;
const recordings = ['human-librivox-0880', 'human-goforward', 'human-cards-005'];

const socket = createSocket('udp4');
const codec = await loadOpus();
const frames = recordings.flatMap((name) => encoded(speech(name), codec));
/** Packets each person has sent: RTP goes on from order to order. */
const sent: number[] = [];

process.on('message', (order: SendOrder) => {
  void send(order).then((report) => process.send?.(report));
});
// Its socket would keep it alive after the program that started it.
process.once('disconnect', () => process.exit());
process.send?.('ready');

async function send({ port, talkers, seconds }: SendOrder): Promise<SendReport> {
  const lateMs: number[] = [];
  const fromMs = machineMs();
  const packets = Math.floor((seconds * 1000) / frameMs) * talkers;
  for (let n = 0; n < packets; n++) {
    // One person after the other, at equal distances: nobody's packets come in bursts.
    const dueMs = fromMs + (n * frameMs) / talkers;
    const waitMs = dueMs - machineMs();
    if (waitMs > 0.5) await sleep(waitMs);
    lateMs.push(Math.max(0, machineMs() - dueMs));
    say(n % talkers, port);
  }
  return { packets, lateP95Ms: percentile(lateMs, 0.95) };
}

function say(speaker: number, port: number): void {
  const count = sent[speaker] ?? 0;
  sent[speaker] = count + 1;
  const opus = frames[(count + speaker * 37) % frames.length] ?? Buffer.alloc(0);
  const [sequence, timestamp] = [count & 0xffff, (count * 960) >>> 0];
  const nowMs = machineMs();
  const packet = { speakerId: String(speaker), sequence, timestamp, opus, atMs: nowMs };
  socket.send(writePacket(packet, nowMs), port, '127.0.0.1');
}
