import '#src/discord/library/sodium.ts';
import { createSocket, type Socket } from 'node:dgram';
import { EventEmitter, once } from 'node:events';
import {
  type Networking,
  NetworkingStatusCode,
  type VoiceConnection,
  VoiceReceiver,
  VoiceUDPSocket,
} from '@discordjs/voice';
import { expect, onTestFinished, test, vi } from 'vitest';
import { innerUdp } from '#src/discord/library/voice-library.ts';
import { ConsentedReceiver } from '#src/discord/link/receiver.ts';
import { readDropped } from '#src/discord/watchdogs/receive-overflow.ts';
import { SteppedTiming } from '#test/discord/setup/stepped-timing.ts';

/** 25 people who talk for 300 ms. */
const [talkers, packetsEach] = [25, 15];

/** A busy machine may take a while. */
async function eventually(check: () => void): Promise<void> {
  await vi.waitFor(check, { timeout: 10_000, interval: 10 });
}

/** Speech of one person at 64 kbit/s, sealed. */
function datagram(ssrc: number, sequence: number): Buffer {
  const bytes = Buffer.alloc(12 + 160 + 28);
  bytes.writeUInt16BE(0x8078, 0);
  bytes.writeUInt16BE(sequence & 0xffff, 2);
  bytes.writeUInt32BE(ssrc, 8);
  return bytes;
}

async function bound(): Promise<Socket> {
  const socket = createSocket('udp4').bind(0, '127.0.0.1');
  onTestFinished(() => void socket.close());
  await once(socket, 'listening');
  return socket;
}

/** A voice server and the bot's own voice socket, as the library opens it. */
async function connected() {
  const server = await bound();
  const timing = new SteppedTiming();
  const connection = { state: { status: 'none' } } as unknown as VoiceConnection;
  Object.assign(connection, { receiver: new VoiceReceiver(connection) });
  const reported: object[] = [];
  const never = () => false;
  const nothing = () => undefined;
  const fault = (one: object) => void reported.push(one);
  const receiver = new ConsentedReceiver(connection, never, nothing, nothing, timing, fault);
  const networking = new EventEmitter() as unknown as Networking;
  receiver.restart(networking);
  const udp = new VoiceUDPSocket({ ip: '127.0.0.1', port: server.address().port });
  onTestFinished(() => udp.destroy());
  udp.on('message', connection.receiver.onUdpMessage);
  networking.emit('stateChange', {}, { udp });
  const [, { port }] = await once(server, 'message');
  networking.emit('stateChange', {}, { udp, code: NetworkingStatusCode.Ready });
  await once(innerUdp(udp).socket, 'connect');
  server.connect(port, '127.0.0.1');
  await once(server, 'connect');
  let sequence = 65_530;
  /** The event loop is held meanwhile, as it is by a long computation: nothing is read before it ends. */
  const talk = (packets: number) => {
    for (const until = sequence + packets; sequence < until; sequence++)
      for (let ssrc = 1; ssrc <= talkers; ssrc++) server.send(datagram(ssrc, sequence));
  };
  return { receiver, udp, talk, timing, reported, sent: () => (sequence - 65_530) * talkers };
}

test('25 people talk while the event loop is held for 300 ms: what the buffer of the kernel cannot hold is counted and told', async () => {
  const { receiver, udp, talk, timing, reported, sent } = await connected();
  innerUdp(udp).socket.setRecvBufferSize(64 * 1024);
  const { counts } = receiver;
  talk(1);
  await eventually(() => expect(counts.held).toBe(talkers));
  talk(packetsEach);
  await eventually(() => expect(counts.held).toBeGreaterThan(2 * talkers));
  talk(1);
  await eventually(() => {
    timing.passMs(1_000);
    expect(counts.overflowed + counts.held).toBe(sent());
  });
  expect(counts.overflowed).toBeGreaterThan(100);
  expect(reported).toContainEqual({ kind: 'overflowed', datagrams: counts.overflowed });
});

test('25 people talk while the event loop is held for 300 ms: with the buffer that is asked for nothing is lost', async () => {
  const { receiver, talk, timing, reported, sent } = await connected();
  talk(1);
  talk(packetsEach);
  await eventually(() => expect(receiver.counts.held).toBeGreaterThan(2 * talkers));
  talk(1);
  const mayLose = reported.length > 0; // this kernel gives less, and says so
  await eventually(() => {
    timing.passMs(1_000);
    const { held, overflowed } = receiver.counts;
    expect(held + (mayLose ? overflowed : 0)).toBe(sent());
  });
});

const table = `  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode ref pointer drops
 4709: 0100007F:A2E3 00000000:0000 07 00000000:00000000 00:00000000 00000000     0        0 41491 2 00000000f49e4a56 2668
 4709: 00000000:A2E3 00000000:0000 07 00000000:00000000 00:00000000 00000000     0        0 41492 2 00000000f49e4a57 31
`;

test('the kernel tells what it dropped by the address and port of a socket', () => {
  expect(readDropped(table, { address: '0.0.0.0', port: 0xa2e3 })).toBe(31);
  expect(readDropped(table, { address: '127.0.0.1', port: 0xa2e3 })).toBe(2_668);
  expect(readDropped(table, { address: '0.0.0.0', port: 0xa2e4 })).toBe(0);
  expect(readDropped('', { address: '0.0.0.0', port: 1 })).toBe(0);
});
