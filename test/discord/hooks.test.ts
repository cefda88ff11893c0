import '#src/discord/sodium.ts';
import { randomBytes } from 'node:crypto';
import { EventEmitter } from 'node:events';
import {
  type Networking,
  type VoiceConnection,
  VoiceReceiver,
  VoiceUDPSocket,
  VoiceWebSocket,
} from '@discordjs/voice';
import { expect, onTestFinished, test } from 'vitest';
import type { Packet } from '#src/audio/packet.ts';
import { nonceFor, sealedDatagram } from '#src/discord/cipher-check.ts';
import { Ear } from '#src/discord/ear.ts';
import { guardLibrary } from '#src/discord/guards.ts';
import { checkVoiceHooks } from '#src/discord/hook-check.ts';
import { innerUdp } from '#src/discord/library.ts';
import { proveVoice } from '#src/discord/voice-door.ts';
import { SteppedTiming } from './stepped-timing.ts';

const mode = 'aead_aes256_gcm_rtpsize';
const server = { address: '127.0.0.1', port: 9 };

/** 20 ms of Opus, as its first byte tells. */
function voiced(): Buffer {
  return Buffer.concat([Buffer.from([0xf8]), randomBytes(40)]);
}

/** The library's own receiver and unbound UDP socket under an ear; no datagram leaves the process. */
function listen(mayHear: (speakerId: string) => boolean) {
  guardLibrary();
  const [key, timing] = [randomBytes(32), new SteppedTiming()];
  const connection = { state: { status: 'none' } } as unknown as VoiceConnection;
  const receiver = new VoiceReceiver(connection);
  Object.assign(connection, { receiver });
  const heard: Packet[] = [];
  const failed: unknown[] = [];
  const ear = new Ear(
    connection,
    mayHear,
    (packet) => heard.push(packet),
    (error) => failed.push(error),
    timing,
  );
  const networking = new EventEmitter() as unknown as Networking;
  ear.restart(networking);
  const udp = new VoiceUDPSocket({ ip: server.address, port: server.port });
  innerUdp(udp).keepAlive = () => {};
  onTestFinished(() => udp.destroy());
  udp.on('message', receiver.onUdpMessage);
  receiver.connectionData = { encryptionMode: mode, nonceBuffer: nonceFor(mode), secretKey: key };
  networking.emit('stateChange', {}, { udp });
  const arrive = (datagram: Buffer, from = server) =>
    innerUdp(udp).socket.emit('message', datagram, from);
  let nonce = 0;
  const sealed = (ssrc: number, opus = voiced()) => sealedDatagram(opus, mode, key, ssrc, nonce++);
  const say = (ssrc: number, opus = voiced()) => arrive(sealed(ssrc, opus));
  const name = (ssrc: number, userId: string) =>
    receiver.ssrcMap.update({ audioSSRC: ssrc, userId });
  return { receiver, ear, heard, failed, key, networking, arrive, sealed, say, name, timing };
}

/** Counts what is really decrypted, behind the tap. */
function countOpened(receiver: VoiceReceiver): { opened: number } {
  const count = { opened: 0 };
  const inner = receiver as unknown as { decrypt: (...words: unknown[]) => Buffer };
  const decrypt = inner.decrypt.bind(receiver);
  inner.decrypt = (...words) => {
    count.opened++;
    return decrypt(...words);
  };
  return count;
}

test('the hooks and ciphers voice stands on are proved without a network', async () => {
  expect(() => checkVoiceHooks()).not.toThrow();
  await expect(proveVoice()).resolves.toBeTypeOf('string');
});

test('a packet comes with its speaker, RTP sequence, RTP timestamp and opened payload', () => {
  const { name, say, heard } = listen(() => true);
  const opus = randomBytes(40);
  name(5, 'ann');
  say(5, opus);
  expect(heard).toMatchObject([{ speakerId: 'ann', sequence: 7, timestamp: 960 }]);
  expect(opus.equals(heard[0]?.opus ?? Buffer.alloc(0))).toBe(true);
});

test('without consent nothing is decrypted and no subscription exists', () => {
  const { name, say, heard, receiver, ear } = listen(() => false);
  const count = countOpened(receiver);
  name(5, 'ann');
  for (let n = 0; n < 10; n++) say(5);
  expect(heard).toEqual([]);
  expect(count.opened).toBe(0);
  expect(receiver.subscriptions.size).toBe(0);
  expect(ear.counts.notAllowed).toBe(10);
});

test('consent that is taken back holds from the very next packet on, and can be given again', () => {
  const allowed = new Set(['ann']);
  const { name, say, heard, receiver } = listen((id) => allowed.has(id));
  name(5, 'ann');
  say(5);
  allowed.delete('ann');
  const count = countOpened(receiver);
  say(5);
  expect(count.opened).toBe(0);
  expect(receiver.subscriptions.size).toBe(0);
  allowed.add('ann');
  say(5);
  expect(heard).toHaveLength(2);
});

test('packets that come before Discord says whose they are wait, and are then heard', () => {
  const { name, say, heard } = listen(() => true);
  for (let n = 0; n < 10; n++) say(5);
  expect(heard).toHaveLength(0);
  name(5, 'ann');
  expect(heard.map(({ speakerId }) => speakerId)).toEqual(Array(10).fill('ann'));
});

test('waiting packets of somebody without consent are dropped unopened', () => {
  const { name, say, heard, receiver } = listen(() => false);
  const count = countOpened(receiver);
  say(5);
  name(5, 'ann');
  expect(heard).toEqual([]);
  expect(count.opened).toBe(0);
});

test('nothing piles up in the library while people talk', () => {
  const { name, say, receiver, timing } = listen(() => true);
  name(5, 'ann');
  for (let n = 0; n < 100; n++) {
    timing.passMs(20);
    say(5);
  }
  expect(receiver.subscriptions.size).toBe(1);
  expect(receiver.subscriptions.get('ann')?.readableLength).toBe(0);
});

test('junk of any length, from anybody, neither throws nor ends hearing', () => {
  const { name, say, arrive, heard, ear } = listen(() => true);
  name(5, 'ann');
  for (let length = 0; length <= 40; length++) {
    arrive(randomBytes(length), { address: '127.0.0.2', port: 9 });
    arrive(randomBytes(length));
  }
  const forged = Buffer.concat([Buffer.from([0x80, 120]), Buffer.alloc(60)]);
  forged.writeUInt32BE(5, 8);
  arrive(forged);
  say(5);
  expect(heard).toHaveLength(1);
  expect(ear.counts.foreign).toBe(41);
  expect(ear.counts.short).toBe(23);
  expect(ear.counts.unparsed).toBe(1);
});

test('of a frame that is still end-to-end encrypted only its seal arrives', () => {
  const { name, say, heard, ear } = listen(() => true);
  name(5, 'ann');
  say(5, Buffer.concat([voiced(), Buffer.from([0xfa, 0xfa])]));
  expect(heard.map(({ opus }) => [...opus])).toEqual([[0xfa, 0xfa]]);
  expect(ear.counts.sealed).toBe(1);
});

test('a new voice server makes the old names void', () => {
  const { name, say, heard, ear, networking } = listen(() => true);
  name(5, 'ann');
  ear.restart(networking);
  say(5);
  expect(heard).toEqual([]);
});

test('a fault in the consent rule is reported and counts as a no', () => {
  const bug = new Error('bug');
  const { name, say, heard, failed } = listen(() => {
    throw bug;
  });
  name(5, 'ann');
  say(5);
  expect(heard).toEqual([]);
  expect(failed).toEqual([bug]);
});

test('a closed ear opens nothing more', () => {
  const { name, say, heard, ear, receiver } = listen(() => true);
  name(5, 'ann');
  say(5);
  ear.close();
  say(5);
  expect(heard).toHaveLength(1);
  expect(receiver.subscriptions.size).toBe(0);
});

test('a voice message that breaks the library becomes an error of that connection', () => {
  guardLibrary();
  const ws: VoiceWebSocket = Object.create(VoiceWebSocket.prototype);
  EventEmitter.call(ws);
  const errors: unknown[] = [];
  ws.on('error', (error) => errors.push(error));
  ws.on('binary', () => {
    throw new Error('NoGroup');
  });
  const target = {} as Parameters<typeof ws.onMessage>[0]['target'];
  ws.onMessage({ data: Buffer.from([0]), type: 'message', target });
  ws.onMessage({ data: Buffer.from([0, 1, 27, 0]), type: 'message', target });
  expect(errors).toHaveLength(2);
  expect(errors[1]).toMatchObject({ code: 'link.lost', retryable: true });
});

test('sound that is more than two seconds ahead of real time is dropped unopened and counted, by person', () => {
  const { name, say, heard, ear, receiver, timing } = listen(() => true);
  name(5, 'ann');
  name(6, 'ben');
  const long = Buffer.concat([Buffer.from([0xfb, 6]), randomBytes(60)]); // six frames of 20 ms
  for (let n = 0; n < 800; n++) say(5, long);
  expect(heard.length * 120).toBeLessThanOrEqual(2_120);
  const count = countOpened(receiver);
  say(5, long);
  expect([count.opened, ear.counts.ahead]).toEqual([0, 801 - heard.length]);
  const before = heard.length;
  say(6);
  timing.passMs(1_000);
  for (let n = 0; n < 800; n++) say(5, long);
  expect(heard.length - before - 1).toBeLessThanOrEqual(9);
});

test('somebody who talks for a minute, and comes late at times, loses nothing to the rate limit', () => {
  const { name, say, heard, timing } = listen(() => true);
  name(5, 'ann');
  for (let n = 0; n < 30; n++) {
    timing.stallMs(1_980);
    for (let frame = 0; frame < 99; frame++) say(5);
  }
  expect(heard).toHaveLength(30 * 99);
});

test('a datagram that is sent again is not opened again, nor is an old one', () => {
  const { name, arrive, sealed, heard, ear, timing } = listen(() => true);
  name(5, 'ann');
  const old = Array.from({ length: 50 }, () => sealed(5));
  for (const datagram of old) arrive(Buffer.from(datagram));
  for (const datagram of old) arrive(Buffer.from(datagram));
  expect([heard.length, ear.counts.replayed]).toEqual([50, 50]);
  for (let n = 0; n < 3_000; n++) {
    timing.passMs(20);
    arrive(sealed(5));
  }
  for (const datagram of old) arrive(Buffer.from(datagram));
  expect([heard.length, ear.counts.replayed]).toEqual([3_050, 100]);
});

test('packets out of order, of two sources and of a new voice server are no replay', () => {
  const { name, arrive, sealed, heard, ear, networking } = listen(() => true);
  name(5, 'ann');
  name(6, 'ben');
  const [first, second, third] = [sealed(5), sealed(5), sealed(5)];
  for (const datagram of [third, first, second, sealed(6)]) arrive(datagram);
  expect(heard).toHaveLength(4);
  ear.restart(networking);
  name(5, 'ann');
  arrive(Buffer.from(first));
  expect([heard.length, ear.counts.replayed]).toEqual([5, 0]);
});

test('a server that numbers its packets at random is heard, too', () => {
  const { name, arrive, key, heard, timing } = listen(() => true);
  name(5, 'ann');
  for (let n = 1; n <= 500; n++) {
    timing.passMs(20);
    arrive(sealedDatagram(voiced(), mode, key, 5, (n * 2_654_435_761) >>> 0));
  }
  expect(heard).toHaveLength(500);
});
