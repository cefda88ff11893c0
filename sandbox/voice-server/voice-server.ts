import { once, setMaxListeners } from 'node:events';
import { createServer, type Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import { type WebSocket, WebSocketServer } from 'ws';
import { makeCertificate } from '#sandbox/certificate.ts';
import { closeCode } from '#sandbox/voice/voice-ops.ts';
import type { VoiceServer } from '#sandbox/voice/voice-ports.ts';
import { type Clock, realClock } from '#src/base/clock.ts';
import { VoiceCalls } from './voice-calls.ts';
import { FaultSchedule } from './voice-fault-schedule.ts';
import { voiceFaults } from './voice-faults.ts';
import { VoiceSocket } from './voice-socket.ts';
import { VoiceUdp } from './voice-udp.ts';

export type VoiceServerOptions = {
  /** DAVE protocol version of all calls; 1 (default) refuses clients that cannot do it. */
  readonly dave?: 0 | 1;
  /** Heartbeat interval sent in op 8; Discord's own is 13,750 (default). */
  readonly heartbeatMs?: number;
  /** Time that a client without a socket can resume (default 15,000). */
  readonly resumeMs?: number;
  readonly clock?: Clock;
};

/** No message of a client comes near this: a key package has 400 bytes. */
const maxFrameBytes = 1 << 16;
const tickMs = 100;

/** Opens the voice half of a Discord on 127.0.0.1: TLS and UDP ports of the system's choosing. */
export async function openVoiceServer(options: VoiceServerOptions = {}): Promise<VoiceServer> {
  const { dave = 1, heartbeatMs = 13_750, resumeMs = 15_000, clock = realClock } = options;
  const closing = new AbortController();
  setMaxListeners(0, closing.signal); // one of each message that is late
  const faults = new FaultSchedule(clock, closing.signal);
  const calls = new VoiceCalls({ dave, heartbeatMs, resumeMs, faults });
  const { certificate, key } = makeCertificate();
  const udp = await VoiceUdp.open(calls, faults);
  const https = createServer({ cert: certificate, key }, (_, response) => {
    response.writeHead(426).end(); // a page is not what this port is for
  });
  const rules = { clock, heartbeatMs, udpPort: udp.port, faults };
  const sockets = gateway(https, faults, (socket) => void new VoiceSocket(socket, calls, rules));
  https.listen(0, '127.0.0.1');
  await once(https, 'listening');
  const ticking = setInterval(() => calls.tick(clock.nowMs()), tickMs).unref();
  return {
    endpoint: `localhost:${(https.address() as AddressInfo).port}`, // TCP, so never a path
    certificate,
    admit: (ticket) => calls.admit(ticket),
    expel: (guildId, userId, code) => calls.expel(guildId, userId, code, clock.nowMs()),
    allow: (guildId, userId, rights) => calls.allow(guildId, userId, rights),
    faults: voiceFaults(faults, calls, udp, clock),
    async [Symbol.asyncDispose]() {
      clearInterval(ticking);
      closing.abort(new Error('The voice server was closed.'));
      calls.close(closeCode.disconnected, clock.nowMs());
      await closeSockets(sockets, https);
      await udp[Symbol.asyncDispose]();
    },
  };
}

/** WebSockets on `https`, where new connections are let in, left hanging or refused, as the faults say. */
function gateway(
  https: Server,
  faults: FaultSchedule,
  greet: (socket: WebSocket) => void,
): WebSocketServer {
  const sockets = new WebSocketServer({
    server: https,
    maxPayload: maxFrameBytes,
    verifyClient: (_, decide) => decide(faults.doorState !== 'refuse', 503),
  });
  sockets.on('connection', (socket) => {
    if (faults.doorState === 'open') greet(socket);
    else socket.on('error', () => socket.terminate());
  });
  return sockets;
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
