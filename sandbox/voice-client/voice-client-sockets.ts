import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { WebSocket } from 'ws';
import { z } from 'zod';
import {
  encodeDiscovery,
  encryptionModes,
  parseDiscoveredAddress,
  type UdpPeer,
} from '#sandbox/voice/rtp-packet.ts';
import {
  type VoiceMessage,
  voiceCloseReasons,
  voiceOpcodes,
} from '#sandbox/voice/voice-opcodes.ts';
import type { VoiceTicket } from '#sandbox/voice/voice-ports.ts';
import { tryParseJson } from '#src/base/json.ts';

const discoverIntervalMs = 500;
const keepAliveIntervalMs = 5000;

/** UDP port of a client on 127.0.0.1. It discovers its own address, keeps the path open, and passes on voice datagrams. */
export function openClientUdp(hear: (datagram: Buffer) => void) {
  const socket = createSocket('udp4');
  let voiceServer: UdpPeer | undefined;
  let discovered: ((own: UdpPeer) => void) | undefined;
  let asking: NodeJS.Timeout | undefined;
  let keeping: NodeJS.Timeout | undefined;
  socket.on('message', (datagram, { port }) => {
    if (port === voiceServer?.port) receiveDatagram(datagram);
  });
  socket.on('error', () => {});
  // of a send to a server that is gone
  socket.bind(0, '127.0.0.1');

  function sendDatagram(datagram: Buffer) {
    if (!voiceServer) return;
    socket.send(datagram, voiceServer.port, voiceServer.address, () => {}); // UDP promises nothing
  }

  function receiveDatagram(datagram: Buffer) {
    const own = parseDiscoveredAddress(datagram);
    if (own) reportAddress(own);
    else if (datagram.length > 8) hear(datagram);
  }

  function reportAddress(own: UdpPeer) {
    clearInterval(asking);
    clearInterval(keeping);
    let count = 0;
    keeping = setInterval(() => {
      const beat = Buffer.alloc(8);
      beat.writeUInt32LE(count++ >>> 0);
      sendDatagram(beat);
    }, keepAliveIntervalMs).unref();
    discovered?.(own);
    discovered = undefined;
  }

  return {
    /** Asks the server for our address until there is an answer, which goes to `then` once. */
    discoverAddress(server: UdpPeer, ssrc: number, then: (own: UdpPeer) => void) {
      voiceServer = server;
      discovered = then;
      const ask = () => sendDatagram(encodeDiscovery(ssrc));
      ask();
      clearInterval(asking);
      asking = setInterval(ask, discoverIntervalMs).unref();
    },
    send: sendDatagram,

    async [Symbol.asyncDispose]() {
      clearInterval(asking);
      clearInterval(keeping);
      const closed = once(socket, 'close');
      socket.close();
      await closed;
    },
  };
}

export type VoiceSignalsOptions = {
  readonly endpoint: string;
  /** PEM, trusted for this connection alone. */
  readonly certificate: string;
  readonly ticket: VoiceTicket;
};

/** Receives the server's messages. The signals handle `hello`, heartbeats and `resumed` themselves. */
interface SignalsListener {
  onJson(opcode: number, d: unknown): void;
  onBinary(opcode: number, payload: Buffer): void;
  /** Notes that the signals ended for good: there will be no other socket. */
  onEnded(code: number): void;
}

const envelopeSchema = z.object({
  op: z.int(),
  d: z.unknown(),
  seq: z.int().optional(),
});
const helloSchema = z.object({ heartbeat_interval: z.number().positive() });

const maxResumeTries = 5;
const resumeIntervalMs = 100;
const maxOpenMs = 5000;
const goodbyeCode = 1000;
/** Time for a close handshake until the socket is cut. */
const closeTimeoutMs = 500;

/** A client's socket to the voice gateway: identifies, keeps it alive, and resumes when it breaks. */
export function createVoiceSignals(
  options: VoiceSignalsOptions,
  listener: SignalsListener,
) {
  let heartbeat: NodeJS.Timeout | undefined;
  let retry: NodeJS.Timeout | undefined;
  let lastSeq = -1;
  let described = false;
  let tries = 0;
  let over = false;
  let openedSocket = openSocket();

  /** Sends a message. Without a socket the message is dropped: the server repeats at the resume. */
  function sendMessage(message: VoiceMessage) {
    if (openedSocket.readyState !== WebSocket.OPEN) return;
    const binary = 'payload' in message;
    const wire = binary
      ? Buffer.concat([Buffer.of(message.op), message.payload])
      : JSON.stringify(message);
    openedSocket.send(wire, () => {}); // a failure shows as `close`
  }

  function openSocket() {
    const { endpoint, certificate: ca } = options;
    const socket = new WebSocket(`wss://${endpoint}/?v=8`, {
      ca,
      handshakeTimeout: maxOpenMs,
    });
    socket.on('open', () => sendIdentity());
    socket.on('message', (data, isBinary) => {
      if (!Buffer.isBuffer(data) || socket !== openedSocket) return;
      if (isBinary) handleBinary(data);
      else handleJson(data.toString());
    });
    socket.on('error', () => socket.terminate());
    socket.on('close', (code) => onClosed(code));
    return socket;
  }

  function sendIdentity() {
    const { guildId: server_id, userId, sessionId: session_id, token } = options.ticket;
    const resumed = { server_id, session_id, token, seq_ack: lastSeq };
    const fresh = {
      server_id,
      user_id: userId,
      session_id,
      token,
      max_dave_protocol_version: 1,
    };
    if (described) sendMessage({ op: voiceOpcodes.resume, d: resumed });
    else sendMessage({ op: voiceOpcodes.identify, d: fresh });
  }

  function handleBinary(data: Buffer) {
    if (data.length < 3) return;
    lastSeq = data.readUInt16BE();
    listener.onBinary(data.readUInt8(2), data.subarray(3));
  }

  function handleJson(text: string) {
    const read = envelopeSchema.safeParse(tryParseJson(text));
    if (!read.success) return;
    const { op: opcode, d, seq } = read.data;
    if (seq !== undefined) lastSeq = seq;
    if (opcode === voiceOpcodes.hello) startHeartbeat(d);
    else if (opcode === voiceOpcodes.resumed) tries = 0;
    else if (opcode !== voiceOpcodes.heartbeatAck) listener.onJson(opcode, d);
    if (opcode === voiceOpcodes.sessionDescription) described = true;
  }

  function startHeartbeat(d: unknown) {
    const read = helloSchema.safeParse(d);
    if (!read.success) return;
    clearInterval(heartbeat);
    let count = 0;
    heartbeat = setInterval(() => {
      sendMessage({ op: voiceOpcodes.heartbeat, d: { t: count++, seq_ack: lastSeq } });
    }, read.data.heartbeat_interval).unref();
  }

  function onClosed(code: number) {
    clearInterval(heartbeat);
    if (over) return;
    const broken =
      (code < 4000 && code !== goodbyeCode) || code === voiceCloseReasons.serverCrashed;
    if (described && broken && tries < maxResumeTries) {
      const afterMs = resumeIntervalMs * tries++;
      retry = setTimeout(() => {
        openedSocket = openSocket();
      }, afterMs);
      return;
    }
    over = true;
    listener.onEnded(code);
  }

  return {
    send: sendMessage,

    /** Ends the session by a proper close of the socket. */
    close() {
      over = true;
      clearTimeout(retry);
      clearInterval(heartbeat);
      const socket = openedSocket;
      socket.close(goodbyeCode);
      setTimeout(() => socket.terminate(), closeTimeoutMs).unref();
    },
  };
}

const transitionSchema = z.object({ transition_id: z.int() });

const messageSchema = z.discriminatedUnion('op', [
  z.object({
    op: z.literal(voiceOpcodes.ready),
    d: z.object({
      ssrc: z.int().min(0),
      ip: z.ipv4(),
      port: z.int().min(1).max(0xffff),
      modes: z.array(z.string()),
    }),
  }),
  z.object({
    op: z.literal(voiceOpcodes.sessionDescription),
    d: z.object({
      mode: z.enum(encryptionModes),
      secret_key: z.array(z.int().min(0).max(255)).length(32),
      dave_protocol_version: z.int(),
    }),
  }),
  z.object({
    op: z.literal(voiceOpcodes.speaking),
    d: z.object({ user_id: z.string(), ssrc: z.int() }),
  }),
  z.object({
    op: z.literal(voiceOpcodes.clientsConnect),
    d: z.object({ user_ids: z.array(z.string()) }),
  }),
  z.object({
    op: z.literal(voiceOpcodes.clientDisconnect),
    d: z.object({ user_id: z.string() }),
  }),
  z.object({
    op: z.literal(voiceOpcodes.prepareTransition),
    d: transitionSchema.extend({ protocol_version: z.int() }),
  }),
  z.object({ op: z.literal(voiceOpcodes.executeTransition), d: transitionSchema }),
  z.object({
    op: z.literal(voiceOpcodes.prepareEpoch),
    d: z.object({ epoch: z.int() }),
  }),
]);

/** JSON messages from the voice gateway to a client, with the fields that a client needs. */
export type ServerMessage = z.infer<typeof messageSchema>;
export type ReadyMessage = Extract<
  ServerMessage,
  { op: typeof voiceOpcodes.ready }
>['d'];
export type SessionDescription = Extract<
  ServerMessage,
  { op: typeof voiceOpcodes.sessionDescription }
>['d'];

/** Parses a message of the server. Gives undefined for malformed messages and those that a client may ignore. */
export function parseServerMessage(opcode: number, d: unknown) {
  return messageSchema.safeParse({ op: opcode, d }).data;
}
