import { once } from 'node:events';
import { createServer, type Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import { WebSocketServer } from 'ws';
import { type Clock, realClock } from '#src/base/clock.ts';
import { makeCertificate } from './certificate.ts';
import { VoiceCalls } from './voice-calls.ts';
import { closeCode } from './voice-ops.ts';
import type { VoiceServer } from './voice-ports.ts';
import { VoiceSocket } from './voice-socket.ts';
import { VoiceUdp } from './voice-udp.ts';

export type VoiceServerOptions = {
  /** DAVE protocol version of all calls; 1 (default) refuses clients that cannot do it. */
  readonly dave?: 0 | 1;
  /** As told in op 8; Discord's own is 13,750 (default). */
  readonly heartbeatMs?: number;
  /** How long a client without a socket may resume (default 15,000). */
  readonly resumeMs?: number;
  readonly clock?: Clock;
};

/** No message of a client comes near this: a key package has 400 bytes. */
const maxFrameBytes = 1 << 16;
const tickMs = 100;

/** Opens the voice half of a Discord on 127.0.0.1: TLS and UDP ports of the system's choosing. */
export async function openVoiceServer(options: VoiceServerOptions = {}): Promise<VoiceServer> {
  const { dave = 1, heartbeatMs = 13_750, resumeMs = 15_000, clock = realClock } = options;
  const calls = new VoiceCalls({ dave, heartbeatMs, resumeMs });
  const { certificate, key } = makeCertificate();
  const udp = await VoiceUdp.open(calls);
  const https = createServer({ cert: certificate, key }, (_, response) => {
    response.writeHead(426).end(); // a page is not what this port is for
  });
  const sockets = new WebSocketServer({ server: https, maxPayload: maxFrameBytes });
  sockets.on('connection', (socket) => {
    new VoiceSocket(socket, calls, { clock, heartbeatMs, udpPort: udp.port });
  });
  https.listen(0, '127.0.0.1');
  await once(https, 'listening');
  const ticking = setInterval(() => calls.tick(clock.nowMs()), tickMs).unref();
  return {
    endpoint: `localhost:${(https.address() as AddressInfo).port}`, // TCP, so never a path
    certificate,
    admit: (ticket) => calls.admit(ticket),
    expel: (guildId, userId, code) => calls.expel(guildId, userId, code, clock.nowMs()),
    async [Symbol.asyncDispose]() {
      clearInterval(ticking);
      calls.close(closeCode.disconnected, clock.nowMs());
      await closeSockets(sockets, https);
      await udp[Symbol.asyncDispose]();
    },
  };
}

/** Clients get a moment to read their close code, then are cut off. */
async function closeSockets(sockets: WebSocketServer, https: Server): Promise<void> {
  const closed = once(https, 'close');
  https.close();
  const cutOff = setTimeout(() => {
    for (const socket of sockets.clients) socket.terminate();
    https.closeAllConnections();
  }, 200);
  await closed;
  clearTimeout(cutOff);
}
