import { EventEmitter } from 'node:events';
import {
  DAVESession,
  type VoiceConnection,
  VoiceReceiver,
  VoiceWebSocket,
} from '@discordjs/voice';
import { realClock } from '#src/base/clock.ts';
import {
  ConsentedReceiver,
  HeldDatagrams,
} from '#src/discord/link/consented-receiver.ts';
import { guardMessages } from '#src/discord/link/voice-library.ts';
import {
  makeEncryption,
  makeSealedDatagram,
  mode,
} from '#test/discord/setup/sealed-datagram.ts';
import { makeBytes, makeJson, makeText } from '#test/fuzz/fuzz-inputs.ts';
import { makeTarget } from '#test/fuzz/make-target.ts';
import { fc } from '#test/properties.ts';

const key = Buffer.alloc(32, 7);
const ssrc = 9;
const sealed = [10, 40, 120].map((length) =>
  makeSealedDatagram(Buffer.alloc(length, 0xf8), key, ssrc),
);

/** A receiver with one speaker who may be heard. */
function openInput() {
  // Of a connection an ear only needs the receiver and the state.
  const connection = { state: { status: 'none' } } as unknown as VoiceConnection;
  const receiver = new VoiceReceiver(connection);
  Object.assign(connection, { receiver });
  const failWith = (error: unknown) => {
    throw error;
  };
  new ConsentedReceiver(
    connection,
    () => true,
    () => {},
    failWith,
    realClock,
  );
  receiver.connectionData = makeEncryption(key);
  receiver.ssrcMap.update({ userId: '1', audioSSRC: ssrc });
  return receiver;
}

const receiver = openInput();

const voiceMessages = [
  {
    op: 2,
    d: { ssrc, ip: '127.0.0.1', port: 9, modes: [mode], experiments: [] },
    seq: 1,
  },
  { op: 4, d: { mode, secret_key: [...key], dave_protocol_version: 1 } },
  { op: 5, d: { user_id: '1', ssrc, speaking: 1 } },
  { op: 6, d: { t: 1 } },
  { op: 8, d: { heartbeat_interval: 13_750, v: 8 } },
  { op: 11, d: { user_ids: ['1', '2'] } },
  { op: 13, d: { user_id: '1' } },
  { op: 21, d: { transition_id: 1, protocol_version: 1 } },
  { op: 24, d: { epoch: 1, protocol_version: 1 } },
];

/** The socket as the library has it, behind our guard and without a network. */
const socket: VoiceWebSocket = Object.create(VoiceWebSocket.prototype);
EventEmitter.call(socket);
Object.assign(socket, { debug: null });
guardMessages(socket);
socket.on('error', () => {});
type MessageTarget = Parameters<VoiceWebSocket['onMessage']>[0]['target'];
const reportData = (data: Buffer | string) =>
  socket.onMessage({ data, type: 'message', target: {} as MessageTarget });

/** Group that takes input of a voice server; the binding is native and must survive all of it. */
const group = new DAVESession(
  1,
  '1',
  '2',
  {} as ConstructorParameters<typeof DAVESession>[3],
);
group.on('error', () => {});
group.reinit();
const ofGroup = [
  (bytes: Buffer) => group.setExternalSender(bytes),
  (bytes: Buffer) => group.processProposals(bytes, new Set(['1', '2'])),
  (bytes: Buffer) => group.processCommit(bytes),
  (bytes: Buffer) => group.processWelcome(bytes),
  (bytes: Buffer) => group.decrypt(bytes, '2'),
];
const mls = Buffer.from(`00010001${'ab'.repeat(60)}`, 'hex');
const endToEnd = Buffer.concat([
  Buffer.alloc(40, 0xf8),
  Buffer.from('0102030405060708010cfafa', 'hex'),
]);

/** Datagrams of a source, this many, after this many ms; -1: its name has come. */
type HeldStep = readonly [source: number, waitMs: number, count: number];

function holdAll(steps: readonly HeldStep[]) {
  const held = new HeldDatagrams();
  const arrivals = new Map<Buffer, number>();
  let atMs = 0;
  for (const [source, waitMs, count] of steps) {
    atMs += waitMs;
    for (let n = 0; n < count; n++) {
      const datagram = Buffer.of(n);
      arrivals.set(datagram, atMs);
      held.put(source, datagram, atMs);
    }
    const taken = count < 0 ? held.removePackets(source, atMs) : [];
    const oldestMs = Math.max(
      0,
      ...taken.map((item) => atMs - (arrivals.get(item) ?? 0)),
    );
    if (taken.length > 25 || oldestMs > 500)
      throw new Error(`${taken.length} datagrams were held for up to ${oldestMs} ms.`);
  }
}

/** Input from Discord and other people to the voice half. */
export const discordTargets = [
  makeTarget('rtp-datagrams', makeBytes(sealed), (datagram) => {
    receiver.onUdpMessage(datagram);
  }),
  makeTarget(
    'held-datagrams',
    fc.array(fc.tuple(fc.nat(80), fc.nat(400), fc.integer({ min: -1, max: 60 })), {
      maxLength: 60,
    }),
    holdAll,
  ),
  makeTarget(
    'voice-gateway-json',
    fc.oneof(
      makeJson(...voiceMessages).map((message) => JSON.stringify(message) ?? ''),
      makeText(['{"op":', '5', ',"d":', '{}', '}', 'null']),
    ),
    (text) => {
      reportData(text);
    },
  ),
  makeTarget(
    'voice-gateway-binary',
    makeBytes([Buffer.concat([Buffer.from([0, 1, 25]), mls])]),
    (bytes) => {
      reportData(bytes);
    },
  ),
  makeTarget(
    'dave',
    fc.tuple(fc.constantFrom(...ofGroup), makeBytes([mls, endToEnd])),
    ([process, bytes]) => {
      try {
        process(bytes);
      } catch {
        // The guard makes a lost link of it; nothing else may happen.
      }
    },
  ),
];
