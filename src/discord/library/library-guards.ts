import './sodium.ts';
import { isIP } from 'node:net';
import { VoiceUDPSocket, VoiceWebSocket } from '@discordjs/voice';
import { BotError } from '#src/base/errors.ts';
import { innerUdp } from './voice-library.ts';

/** RTP header, tag and counter: a voice datagram without any payload. */
export const leastVoiceBytes = 12 + 16 + 4;
/** Sequence and opcode; the library reads them unasked. */
const leastBinaryBytes = 3;

/**
 * Keeps what peers send from throwing out of the library's event handlers, for the whole process.
 *
 * A message that breaks the library's own state comes out as an `error` event carrying a BotError
 * `link.lost`: such a connection is to be replaced. Harmless to call twice.
 */
export function guardLibrary(): void {
  const udp = innerUdp(VoiceUDPSocket.prototype);
  if (!guarded.has(udp.onMessage)) udp.onMessage = guardedDatagrams(udp.onMessage);
  const ws = VoiceWebSocket.prototype;
  if (!guarded.has(ws.onMessage)) ws.onMessage = guardedMessages(ws.onMessage);
}

/** Functions we put in; knowing them again is all this remembers. */
const guarded = new WeakSet<object>();

type OnDatagram = (datagram: Buffer) => void;
type OnMessage = VoiceWebSocket['onMessage'];

function guardedDatagrams(inner: OnDatagram): OnDatagram {
  const guard: OnDatagram = function (this: VoiceUDPSocket, datagram) {
    if (datagram.length >= leastVoiceBytes) inner.call(this, datagram);
  };
  guarded.add(guard);
  return guard;
}

function guardedMessages(inner: OnMessage): OnMessage {
  const guard: OnMessage = function (this: VoiceWebSocket, event) {
    try {
      if (isCutShort(event.data)) throw new Error('A binary voice message was cut short.');
      inner.call(this, event);
    } catch (cause) {
      const cut = isCutShort(event.data);
      if (this.listenerCount('error') > 0) this.emit('error', cut ? cause : broken(cause));
    }
  };
  guarded.add(guard);
  return guard;
}

function isCutShort(data: unknown): boolean {
  const isBinary = Buffer.isBuffer(data) || data instanceof ArrayBuffer;
  return isBinary && data.byteLength < leastBinaryBytes;
}

function broken(cause: unknown): BotError {
  const message = 'A message of the voice server broke the voice library.';
  return new BotError('link.lost', true, message, cause);
}

/** Trouble of a voice socket: datagrams that never reached the library, and those that the voice server did not accept. */
export type SocketTrouble = 'foreign' | 'short' | 'unreachable';

/**
 * Lets only datagrams of the voice server itself into this socket; the library takes any sender's. Answers of the network
 * to our datagrams (ICMP, as ECONNREFUSED) are reported and end nothing: the path's watchdog decides whether it is dead.
 */
export function guardSocket(udp: VoiceUDPSocket, report: (trouble: SocketTrouble) => void): void {
  const { socket, remote } = innerUdp(udp);
  const { emit } = socket;
  const acceptsAnybody = isIP(remote.ip) === 0;
  socket.emit = (name: string | symbol, first?: unknown, second?: unknown): boolean => {
    let trouble: SocketTrouble | undefined;
    if (name === 'message' && !acceptsAnybody) trouble = refusal(first, second, remote);
    else if (name === 'error' && isOfPath(first)) trouble = 'unreachable';
    if (trouble === undefined) return emit.call(socket, name, first, second);
    report(trouble);
    return true;
  };
}

/**
 * Makes the voice server the only peer of this bound socket: the kernel then drops datagrams of other senders, and needs no
 * address for each datagram. Without an answer of the kernel the socket stays as it was.
 */
export function connectSocket(udp: VoiceUDPSocket): void {
  const { socket, remote } = innerUdp(udp);
  if (isIP(remote.ip) === 0) return;
  socket.connect(remote.port, remote.ip, (error?: Error) => {
    if (!error) udp.send = (datagram) => socket.send(datagram);
  });
}

function refusal(
  datagram: unknown,
  sender: unknown,
  remote: { readonly ip: string; readonly port: number },
): SocketTrouble | undefined {
  const from = sender as { readonly address?: string; readonly port?: number } | undefined;
  if (from?.address !== remote.ip || from.port !== remote.port) return 'foreign';
  return Buffer.isBuffer(datagram) && datagram.length > 8 && datagram.length < leastVoiceBytes
    ? 'short'
    : undefined;
}

/** Reading a connected socket fails once for each ICMP message that came for it (Linux, udp(7)); the socket goes on. */
function isOfPath(error: unknown): boolean {
  return (error as { readonly syscall?: unknown } | undefined)?.syscall === 'recvmsg';
}
