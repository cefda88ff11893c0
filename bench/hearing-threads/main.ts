// Would hearing in a thread pay? npm run node -- bench/hearing-threads/main.ts [rounds of 0.5 s]
//
// People who talk send packets by UDP from a process of their own. Their decoder and voice activity run on the main thread,
// or in one thread that is told of packets by shared memory or by messages. CPU is what the way costs above receiving the
// packets; latency is from the instant a packet is sent until the main thread knows the probability of a window.
import { fork } from 'node:child_process';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { Worker } from 'node:worker_threads';
import { percentile, table } from '#bench/table.ts';
import { EchoMeter } from '#src/audio/echo/echo-meter.ts';
import { SentEnvelope } from '#src/audio/echo/echo-sent.ts';
import { loadOpus } from '#src/audio/opus/load-opus.ts';
import { loadSilero } from '#src/audio/voice/silero.ts';
import { SpeakerStream } from '#src/audio/voice/speaker-stream.ts';
import { VoiceActivity } from '#src/audio/voice/voice-activity.ts';
import { VoiceMeter } from '#src/audio/voice/voice-meter.ts';
import { SpeakerInput } from '#src/session/hearing/speaker-input.ts';
import { endpointRules } from '#src/turn/endpointing/endpointing.ts';
import { PauseHabits } from '#src/turn/endpointing/pause-habits.ts';
import { openEars } from './ears.ts';
import { machineMs, readPacket } from './packets.ts';
import type { SendOrder, SendReport } from './sender.ts';
import { SharedRing } from './shared-ring.ts';
import type { HeardMessage, HearingThread } from './worker.ts';

type Round = {
  readonly mainMs: number;
  readonly totalMs: number;
  readonly latenciesMs: readonly number[];
  /** For a processor that others had, as a share of the time. */
  readonly waiting: number;
  readonly disturbed: boolean;
};
/** Takes a packet as it came; calls `heard` with when it was sent, once its window is known. */
type Way = { readonly name: string; readonly take: (bytes: Buffer) => void };

/** Calm rounds that make a row. */
const rounds = Number(process.argv[2] ?? 10);
const roundSeconds = 0.5;
/** Rounds tried for one that is wanted. */
const mostTries = 10;
const talkerCounts = [1, 10, 25];
/** A round in which the sender itself was later than this does not count. */
const mostLateMs = 4;
/** Nor one in which our threads waited for a processor so long, as a share of the time. */
const mostWaiting = 0.1;

let latenciesMs: number[] = [];
const heard = (atMs: number) => void latenciesMs.push(machineMs() - atMs);

const ways: readonly Way[] = [
  { name: 'received only', take: () => undefined },
  await onMainThread(),
  await byMemory(),
  await byMessages(),
  await wholeInput(),
];
const receiver = createSocket({ type: 'udp4', recvBufferSize: 1 << 20 });
let take: Way['take'] = () => undefined;
let received = 0;
receiver.on('message', (bytes) => {
  received++;
  take(bytes);
});
receiver.bind(0, '127.0.0.1');
await once(receiver, 'listening');
const { port } = receiver.address();
const sender = fork(fileURLToPath(import.meta.resolve('./sender.ts')));
await once(sender, 'message');

const rows: string[][] = [];
let disturbed = 0;
for (const talkers of talkerCounts) {
  for (const way of ways) await played(way, talkers);
  const results = ways.map((): Round[] => []);
  const waiting: number[] = [];
  const isMissing = () => results.some((calm) => calm.length < rounds);
  for (let tried = 0; tried < rounds * mostTries && isMissing(); tried++) {
    for (const [at, way] of ways.entries()) {
      const round = await played(way, talkers);
      waiting.push(round.waiting);
      if (!round.disturbed) results[at]?.push(round);
    }
  }
  const percent = (100 * percentile(waiting, 0.5)).toFixed(0);
  console.log(`${talkers} talkers: ${percent} % of the time waited for a processor (p50)`);
  const receiving = results[0] ?? [];
  ways.forEach(({ name }, at) => {
    if (at > 0) rows.push(rowOf(name, talkers, results[at] ?? [], receiving));
  });
}
const head = ['talkers', 'hearing', 'main ms/s each', 'all ms/s each', 'p50 ms', 'p95 ms'];
console.log(table(head, rows));
if (disturbed > 0) console.log(`${disturbed} rows were disturbed and give no figure.`);
process.exit(disturbed > 0 ? 1 : 0);

async function played(way: Way, talkers: number): Promise<Round> {
  latenciesMs = [];
  received = 0;
  take = way.take;
  const order: SendOrder = { port, talkers, seconds: roundSeconds };
  const [main, total] = [process.threadCpuUsage(), process.cpuUsage()];
  const [waitedMs, fromMs] = [waitedForProcessorMs(), machineMs()];
  sender.send(order);
  const [report]: SendReport[] = await once(sender, 'message');
  if (!report) throw new Error('The sender tells nothing.');
  const [mainUs, totalUs] = [process.threadCpuUsage(main), process.cpuUsage(total)];
  const cpuMs = (totalUs.user + totalUs.system) / 1000;
  const waiting = (waitedForProcessorMs() - waitedMs) / (machineMs() - fromMs);
  const lost = report.packets - received;
  return {
    mainMs: (mainUs.user + mainUs.system) / 1000 / roundSeconds / talkers,
    totalMs: cpuMs / roundSeconds / talkers,
    latenciesMs,
    waiting,
    disturbed: report.lateP95Ms > mostLateMs || lost > talkers || waiting > mostWaiting,
  };
}

/** Time that the threads of this process were ready to run and others ran, in ms. Linux only. */
function waitedForProcessorMs(): number {
  const tasks = '/proc/self/task';
  const waitedNs = readdirSync(tasks).map((task) =>
    Number(readFileSync(`${tasks}/${task}/schedstat`, 'utf8').split(' ')[1]),
  );
  return waitedNs.reduce((sum, ns) => sum + ns, 0) / 1e6;
}

function rowOf(
  name: string,
  talkers: number,
  all: readonly Round[],
  receiving: readonly Round[],
): string[] {
  if (all.length < rounds || receiving.length < rounds) {
    disturbed++;
    return [`${talkers}`, name, 'disturbed'];
  }
  const above = (of: (round: Round) => number) =>
    (percentile(all.map(of), 0.5) - percentile(receiving.map(of), 0.5)).toFixed(2);
  const times = all.flatMap((round) => round.latenciesMs);
  return [
    `${talkers}`,
    name,
    above(({ mainMs }) => mainMs),
    above(({ totalMs }) => totalMs),
    percentile(times, 0.5).toFixed(2),
    percentile(times, 0.95).toFixed(2),
  ];
}

async function onMainThread(): Promise<Way> {
  const hear = await openEars();
  const takePacket = (bytes: Buffer) => {
    const packet = readPacket(bytes);
    if (hear(packet).probability >= 0) heard(packet.atMs);
  };
  return { name: 'main thread', take: takePacket };
}

async function byMemory(): Promise<Way> {
  const [packets, results] = [new SharedRing(), new SharedRing()];
  await startThread({ packets: packets.buffer, heard: results.buffer });
  void readResults(results);
  return { name: 'thread, shared memory', take: (bytes) => packets.write([bytes.length], bytes) };
}

/** The sound is copied out, as the recording keeps it. */
async function readResults(results: SharedRing): Promise<never> {
  let samples = new Uint8Array(0);
  for (;;) {
    results.drain(([atMs = 0, probability = -1, lengthBytes = 0], room) => {
      samples = room.slice(0, lengthBytes);
      if (probability >= 0 && samples.length > 0) heard(atMs);
    });
    await results.entry();
  }
}

async function byMessages(): Promise<Way> {
  const thread = await startThread(undefined);
  thread.on('message', ({ atMs, probability }: HeardMessage) => {
    if (probability >= 0) heard(atMs);
  });
  return { name: 'thread, messages', take: (bytes) => thread.postMessage(bytes) };
}

async function startThread(workerData: HearingThread): Promise<Worker> {
  const thread = new Worker(new URL('worker.ts', import.meta.url), { workerData });
  await once(thread, 'message');
  return thread;
}

/** With what stays on the main thread in any case: the bot's echo, pauses, the recording. */
async function wholeInput(): Promise<Way> {
  const [codec, weights] = await Promise.all([loadOpus(), loadSilero()]);
  const people = new Map<string, SpeakerInput>();
  const sent = new SentEnvelope();
  const opened = (speakerId: string) =>
    new SpeakerInput({
      speakerId,
      stream: new SpeakerStream(codec),
      meter: new VoiceMeter(new VoiceActivity(weights)),
      echo: new EchoMeter(sent),
      rules: endpointRules,
      pauseHabits: new PauseHabits(),
    });
  const takePacket = (bytes: Buffer) => {
    const packet = readPacket(bytes);
    const { speakerId, atMs } = packet;
    const person = people.get(speakerId) ?? opened(speakerId);
    people.set(speakerId, person);
    person.put(packet);
    person.tick(atMs);
    heard(atMs);
  };
  return { name: 'main thread, whole ear', take: takePacket };
}
