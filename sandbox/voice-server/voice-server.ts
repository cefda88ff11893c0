import { once, setMaxListeners } from 'node:events';
import { createServer, type Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import { type WebSocket, WebSocketServer } from 'ws';
import { makeCertificate } from '#sandbox/make-certificate.ts';
import type { VoiceHalfOptions } from '#sandbox/sandbox.ts';
import { voiceCloseReasons } from '#sandbox/voice/voice-opcodes.ts';
import type { VoiceRights, VoiceTicket } from '#sandbox/voice/voice-ports.ts';
import type { GuildId, PersonId } from '#src/base/ids.ts';
import { VoiceCalls } from './voice-calls.ts';
import { FaultSchedule, VoiceFaults } from './voice-faults.ts';
import { VoiceSocket } from './voice-socket.ts';
import { VoiceUdp } from './voice-udp.ts';

type VoiceServerOptions = VoiceHalfOptions & {
  /** Heartbeat interval sent in op 8. Discord's own is 13,750 (default). */
  readonly heartbeatMs?: number;
};

/** No message of a client comes near this: a key package has 400 bytes. */
const maxFrameBytes = 1 << 16;
const tickIntervalMs = 100;

/** The voice half of the small Discord: voice gateway v8, UDP, end-to-end group. */
export interface VoiceServer extends AsyncDisposable {
  /** `localhost:PORT`, as VOICE_SERVER_UPDATE names it. Files lie there, too. */
  readonly endpoint: string;
  /** PEM of the self-signed certificate behind `endpoint`. */
  readonly certificate: string;
  /** Faults of its calls, on demand. */
  readonly faults: VoiceFaults;
  /** Lets this ticket identify. A former ticket of the same person in the same server is void. */
  admit(ticket: VoiceTicket): void;
  /** Ends the person's call in that server with `code` (4014: disconnected). */
  expel(guildId: GuildId, userId: PersonId, code: number): void;
  /** Sets rights from the next packet on, in every call this person has in that server. At first everything is allowed. */
  allow(guildId: GuildId, userId: PersonId, rights: VoiceRights): void;
}

/** Opens the voice half of a Discord, and its files, on 127.0.0.1: TLS and UDP ports of the system's choosing. */
export async function openVoiceServer(
  options: VoiceServerOptions,
): Promise<VoiceServer> {
  const { dave, file, heartbeatMs = 13_750 } = options;
  const closing = new AbortController();
  setMaxListeners(0, closing.signal); // one of each message that is late
  const faults = new FaultSchedule(closing.signal);
  const calls = new VoiceCalls({ dave, heartbeatMs, faults });
  const { certificate, key } = makeCertificate();
  const udp = await VoiceUdp.open(calls, faults);
  const https = createFileServer({ cert: certificate, key }, file);
  const rules = { heartbeatMs, udpPort: udp.port, faults };
  const sockets = openGateway(
    https,
    faults,
    (socket) => void new VoiceSocket(socket, calls, rules),
  );
  https.listen(0, '127.0.0.1');
  await once(https, 'listening');
  const ticking = setInterval(() => calls.expireCallers(), tickIntervalMs).unref();
  return {
    endpoint: `localhost:${(https.address() as AddressInfo).port}`, // TCP, so never a path
    certificate,
    faults: new VoiceFaults(faults, calls, udp),
    admit: (ticket) => calls.admitTicket(ticket),
    expel: (guildId, userId, code) => calls.expelPerson(guildId, userId, code),
    allow: (guildId, userId, rights) => calls.setRights(guildId, userId, rights),
    async [Symbol.asyncDispose]() {
      clearInterval(ticking);
      closing.abort(new Error('The voice server was closed.'));
      calls.close(voiceCloseReasons.disconnected);
      await closeSockets(sockets, https);
      await udp[Symbol.asyncDispose]();
    },
  };
}

/** Creates the server behind `endpoint`, which answers a GET with the file that `findFile` has. */
function createFileServer(
  keys: { readonly cert: string; readonly key: string },
  findFile: VoiceHalfOptions['file'],
) {
  return createServer(keys, ({ url = '' }, response) => {
    const [, id = ''] =
      /^\/(?:attachments\/\d+|soundboard-sounds)\/(\d+)/.exec(url) ?? [];
    const upload = findFile(id);
    response.writeHead(upload ? 200 : 404, upload && { 'content-type': upload.type });
    response.end(upload?.bytes);
  });
}

/**
 * Opens WebSockets on `https`, where new connections are let in, left hanging or
 * refused, as the faults say.
 */
function openGateway(
  https: Server,
  faults: FaultSchedule,
  greet: (socket: WebSocket) => void,
) {
  const sockets = new WebSocketServer({
    server: https,
    maxPayload: maxFrameBytes,
    verifyClient: (_, decide) => decide(faults.connections !== 'refuse', 503),
  });
  sockets.on('connection', (socket) => {
    if (faults.connections === 'open') greet(socket);
    else socket.on('error', () => socket.terminate());
  });
  return sockets;
}

/** Closes sockets. Clients get a moment to read their close code, then are cut off. */
async function closeSockets(sockets: WebSocketServer, https: Server) {
  const closed = once(https, 'close');
  https.close();
  const cutOff = setTimeout(() => {
    for (const socket of sockets.clients) socket.terminate();
    https.closeAllConnections();
  }, 200);
  await closed;
  clearTimeout(cutOff);
}
