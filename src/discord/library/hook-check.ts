import './sodium.ts';
import { randomBytes } from 'node:crypto';
import { EventEmitter } from 'node:events';
import {
  DAVESession,
  VoiceConnection,
  VoiceReceiver,
  VoiceUDPSocket,
  VoiceWebSocket,
} from '@discordjs/voice';
import { BotError } from '#src/base/errors.ts';
import { PacketOpener } from '#src/discord/link/packet-opener.ts';
import { nonceFor, sealedDatagram } from './cipher-check.ts';
import { guardLibrary, guardSocket } from './library-guards.ts';
import { type CipherMode, innerConnection, innerGroup, innerUdp } from './voice-library.ts';

/**
 * Proves that the voice library, and the end-to-end encryption below it, still have the parts we use, and still call our
 * hooks; no network is used.
 *
 * Errors: BotError `link.unsupported`, naming the missing parts.
 */
export function checkVoiceHooks(): void {
  guardLibrary();
  const missing = [
    ...(attachesReceiver() ? [] : ['VoiceConnection.updateReceiveBindings']),
    ...(opensDatagrams() ? [] : ['VoiceReceiver.parsePacket']),
    ...(reachesSocketGuards() ? [] : ['VoiceUDPSocket.onMessage']),
    ...(survivesJunk() ? [] : ['VoiceWebSocket.onMessage']),
    ...(reportsMembers() ? [] : ['DAVESession.getUserIds']),
  ];
  if (missing.length === 0) return;
  const message = `Unsupported version of @discordjs/voice or @snazzah/davey: ${missing.join(', ')} changed. Run npm ci.`;
  throw new BotError('link.unsupported', false, message);
}

/** Datagrams of a connection's UDP socket reach the listener that its receiver has by then. */
function attachesReceiver(): boolean {
  const connection: VoiceConnection = Object.create(VoiceConnection.prototype);
  const udp = new EventEmitter();
  let reached = 0;
  Object.assign(connection, { receiver: { onUdpMessage: () => reached++ } });
  try {
    innerConnection(connection).updateReceiveBindings({ udp });
    udp.emit('message', Buffer.alloc(60));
  } catch {
    return false;
  }
  return reached === 1;
}

/** A sealed datagram comes out opened. */
function opensDatagrams(): boolean {
  const mode: CipherMode = 'aead_aes256_gcm_rtpsize';
  const [opus, key] = [randomBytes(40), randomBytes(32)];
  let heard: Uint8Array | undefined;
  const receiver = new VoiceReceiver({ state: { status: 'none' } } as unknown as VoiceConnection);
  receiver.connectionData = { encryptionMode: mode, nonceBuffer: nonceFor(mode), secretKey: key };
  const opener = new PacketOpener(receiver, (packet) => {
    heard = packet.opus;
  });
  opener.open(sealedDatagram(opus, mode, key, 9), '1', 0);
  return heard !== undefined && opus.equals(heard);
}

/** Checks the guards on a real, unbound socket: only a whole datagram of the voice server goes through. */
function reachesSocketGuards(): boolean {
  const udp = new VoiceUDPSocket({ ip: '127.0.0.1', port: 9 });
  try {
    const inner = innerUdp(udp);
    inner.keepAlive = () => {}; // runs once more after destroy()
    const seen: number[] = [];
    udp.on('message', (datagram) => seen.push(datagram.length));
    let refused = 0;
    guardSocket(udp, () => refused++);
    const server = { address: '127.0.0.1', port: 9 };
    inner.socket.emit('message', Buffer.alloc(60), { address: '127.0.0.2', port: 9 });
    inner.socket.emit('message', Buffer.alloc(10), server);
    inner.socket.emit('message', Buffer.alloc(8), server);
    inner.socket.emit('message', Buffer.alloc(60), server);
    inner.socket.emit('error', Object.assign(new Error('ECONNREFUSED'), { syscall: 'recvmsg' }));
    return refused === 3 && seen.length === 1 && seen[0] === 60;
  } catch {
    return false;
  } finally {
    udp.destroy();
  }
}

/** A one-byte message, which the library would read past its end, becomes an `error` event. */
function survivesJunk(): boolean {
  const ws: VoiceWebSocket = Object.create(VoiceWebSocket.prototype);
  let [errors, packets] = [0, 0];
  EventEmitter.call(ws);
  Object.assign(ws, { debug: null });
  ws.on('error', () => errors++).on('packet', () => packets++);
  try {
    const target = {} as WebSocketTarget;
    ws.onMessage({ data: Buffer.from([1]), type: 'message', target });
    ws.onMessage({ data: '{"op":99}', type: 'message', target });
  } catch {
    return false;
  }
  return errors === 1 && packets === 1;
}

/** An end-to-end group of our own names its members, of whom there is none yet but perhaps ourselves. */
function reportsMembers(): boolean {
  // Of its options a session without messages needs none.
  const dave = new DAVESession(1, '1', '2', {} as ConstructorParameters<typeof DAVESession>[3]);
  try {
    dave.on('error', () => {});
    dave.reinit();
    return dave.session !== undefined && Array.isArray(innerGroup(dave.session).getUserIds());
  } catch {
    return false;
  } finally {
    dave.destroy();
  }
}

type WebSocketTarget = Parameters<VoiceWebSocket['onMessage']>[0]['target'];
