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

/** Why a datagram never reached the library. */
export type RejectedDatagram = 'foreign' | 'short';

/** Lets only datagrams of the voice server itself into this socket; the library takes anybody's. */
export function filterSenders(udp: VoiceUDPSocket, refuse: (why: RejectedDatagram) => void): void {
  const { socket, remote } = innerUdp(udp);
  if (isIP(remote.ip) === 0) return;
  const emit = socket.emit.bind(socket);
  socket.emit = (name: string | symbol, ...rest: unknown[]): boolean => {
    const why = name === 'message' ? refusal(rest, remote) : undefined;
    if (!why) return emit(name, ...rest);
    refuse(why);
    return true;
  };
}

function refusal(
  [datagram, sender]: unknown[],
  remote: { readonly ip: string; readonly port: number },
): RejectedDatagram | undefined {
  const from = sender as { readonly address?: string; readonly port?: number } | undefined;
  if (from?.address !== remote.ip || from.port !== remote.port) return 'foreign';
  return Buffer.isBuffer(datagram) && datagram.length > 8 && datagram.length < leastVoiceBytes
    ? 'short'
    : undefined;
}
