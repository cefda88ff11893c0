// What one voice packet costs on its way to voice activity, in CPU and in memory: npm run node -- bench/packets.ts
//
// Bytes are the same on any machine; CPU is that of this thread only, so a busy machine raises it less than it does time.
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { EchoMeter } from '#src/audio/echo/echo-meter.ts';
import { SentEnvelope } from '#src/audio/echo/echo-sent.ts';
import { loadOpus } from '#src/audio/opus/load-opus.ts';
import { listenRateHz } from '#src/audio/pcm.ts';
import { PacketOrder } from '#src/audio/voice/packet-order.ts';
import { loadSilero } from '#src/audio/voice/silero.ts';
import { SpeakerStream } from '#src/audio/voice/speaker-stream.ts';
import { VoiceActivity } from '#src/audio/voice/voice-activity.ts';
import { VoiceMeter } from '#src/audio/voice/voice-meter.ts';
import { SpeakerInput } from '#src/session/hearing/speaker-input.ts';
import { endpointRules } from '#src/turn/endpointing/endpointing.ts';
import { PauseHabits } from '#src/turn/endpointing/pause-habits.ts';
import { encoded, speech } from '#test/audio/speech.ts';
import { percentile, table } from './table.ts';

type Cost = { readonly us: number; readonly heapBytes: number; readonly bufferBytes: number };

const roundPackets = 100;
const warmUpRounds = 30;
const rounds = 150;
const codec = await loadOpus();
const weights = await loadSilero();
const names = ['human-librivox-0880', 'human-goforward', 'human-cards-005'];
const frames = names.flatMap((name) => encoded(speech(name), codec));
setFlagsFromString('--expose-gc');
const collect: () => void = runInNewContext('gc');

const meter = () => new VoiceMeter(new VoiceActivity(weights));
const packetAt = (n: number) => ({
  speakerId: '1',
  sequence: n & 0xffff,
  timestamp: (n * 960) >>> 0,
  opus: frames[n % frames.length] ?? Buffer.alloc(0),
  atMs: n * 20,
});

/** From the third on each does all that the one before it does. */
const stages: readonly (readonly [string, () => (packet: ReturnType<typeof packetAt>) => void])[] =
  [
    [
      'order',
      () => {
        const order = new PacketOrder();
        return (packet) => void order.put(packet);
      },
    ],
    [
      'decoder',
      () => {
        const decoder = codec.decoder(listenRateHz);
        return ({ opus }) => void decoder.decode(opus);
      },
    ],
    [
      'order, decoder',
      () => {
        const stream = new SpeakerStream(codec);
        return (packet) => {
          stream.put(packet);
          stream.settle(packet.atMs);
        };
      },
    ],
    [
      'and voice activity',
      () => {
        const [stream, activity] = [new SpeakerStream(codec), meter()];
        return (packet) => {
          for (const heard of stream.put(packet)) activity.hear(heard);
          stream.settle(packet.atMs);
        };
      },
    ],
    [
      'and the echo',
      () => {
        const [stream, activity] = [new SpeakerStream(codec), meter()];
        const echo = new EchoMeter(new SentEnvelope());
        return (packet) => {
          for (const heard of stream.put(packet)) {
            for (const window of activity.hear(heard)) echo.hear(window);
          }
          stream.settle(packet.atMs);
        };
      },
    ],
    [
      'the whole ear',
      () => {
        const parts = {
          stream: new SpeakerStream(codec),
          meter: meter(),
          echo: new EchoMeter(new SentEnvelope()),
        };
        const rules = { rules: endpointRules, pauseHabits: new PauseHabits() };
        const ear = new SpeakerInput({ speakerId: '1', ...parts, ...rules });
        return (packet) => {
          ear.put(packet);
          ear.tick(packet.atMs);
        };
      },
    ],
  ];

const rows = stages.map(([name, open]) => [name, ...shown(measured(open()))]);
console.log(table(['per packet of 20 ms', 'CPU us', 'heap bytes', 'buffer bytes'], rows));

function measured(take: (packet: ReturnType<typeof packetAt>) => void): Cost[] {
  const costs: Cost[] = [];
  for (let round = -warmUpRounds; round < rounds; round++) {
    const packets = Array.from({ length: roundPackets }, (_, n) =>
      packetAt((round + warmUpRounds) * roundPackets + n),
    );
    collect();
    const before = process.memoryUsage();
    const cpu = process.threadCpuUsage();
    for (const packet of packets) take(packet);
    const { user, system } = process.threadCpuUsage(cpu);
    const after = process.memoryUsage();
    if (round < 0) continue;
    costs.push({
      us: (user + system) / roundPackets,
      heapBytes: (after.heapUsed - before.heapUsed) / roundPackets,
      bufferBytes: (after.arrayBuffers - before.arrayBuffers) / roundPackets,
    });
  }
  return costs;
}

function shown(costs: readonly Cost[]): string[] {
  const middle = (of: (cost: Cost) => number) => percentile(costs.map(of), 0.5).toFixed(0);
  return [
    middle(({ us }) => us),
    middle((cost) => cost.heapBytes),
    middle((cost) => cost.bufferBytes),
  ];
}
