import { createSocket, type Socket } from 'node:dgram';
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
export class ClientUdp implements AsyncDisposable {
  readonly #socket: Socket = createSocket('udp4');
  readonly #onDatagram;
  #server: UdpPeer | undefined;
  #discovered: ((own: UdpPeer) => void) | undefined;
  #asking: NodeJS.Timeout | undefined;
  #keeping: NodeJS.Timeout | undefined;

  constructor(hear: (datagram: Buffer) => void) {
    this.#onDatagram = hear;
    this.#socket.on('message', (datagram, { port }) => {
      if (port === this.#server?.port) this.#receiveDatagram(datagram);
    });
    this.#socket.on('error', () => {}); // of a send to a server that is gone
    this.#socket.bind(0, '127.0.0.1');
  }

  /**
   * Asks the server for our address until there is an answer, which goes to `then`
   * once.
   */
  discoverAddress(server: UdpPeer, ssrc: number, then: (own: UdpPeer) => void) {
    this.#server = server;
    this.#discovered = then;
    const ask = () => this.send(encodeDiscovery(ssrc));
    ask();
    clearInterval(this.#asking);
    this.#asking = setInterval(ask, discoverIntervalMs).unref();
  }

  send(datagram: Buffer) {
    if (!this.#server) return;
    this.#socket.send(datagram, this.#server.port, this.#server.address, () => {}); // UDP promises nothing
  }

  async [Symbol.asyncDispose]() {
    clearInterval(this.#asking);
    clearInterval(this.#keeping);
    const closed = once(this.#socket, 'close');
    this.#socket.close();
    await closed;
  }

  #receiveDatagram(datagram: Buffer) {
    const own = parseDiscoveredAddress(datagram);
    if (own) this.#reportAddress(own);
    else if (datagram.length > 8) this.#onDatagram(datagram);
  }

  #reportAddress(own: UdpPeer) {
    clearInterval(this.#asking);
    clearInterval(this.#keeping);
    let count = 0;
    this.#keeping = setInterval(() => {
      const beat = Buffer.alloc(8);
      beat.writeUInt32LE(count++ >>> 0);
      this.send(beat);
    }, keepAliveIntervalMs).unref();
    this.#discovered?.(own);
    this.#discovered = undefined;
  }
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
export class VoiceSignals {
  readonly #options;
  readonly #listener;
  #socket: WebSocket;
  #heartbeat: NodeJS.Timeout | undefined;
  #retry: NodeJS.Timeout | undefined;
  #seq = -1;
  #described = false;
  #tries = 0;
  #over = false;

  constructor(options: VoiceSignalsOptions, listener: SignalsListener) {
    this.#options = options;
    this.#listener = listener;
    this.#socket = this.#openSocket();
  }

  /** Sends a message. Without a socket the message is dropped: the server repeats at the resume. */
  send(message: VoiceMessage) {
    if (this.#socket.readyState !== WebSocket.OPEN) return;
    const binary = 'payload' in message;
    const wire = binary
      ? Buffer.concat([Buffer.of(message.op), message.payload])
      : JSON.stringify(message);
    this.#socket.send(wire, () => {}); // a failure shows as `close`
  }

  /** Ends the session by a proper close of the socket. */
  close() {
    this.#over = true;
    clearTimeout(this.#retry);
    clearInterval(this.#heartbeat);
    const socket = this.#socket;
    socket.close(goodbyeCode);
    setTimeout(() => socket.terminate(), closeTimeoutMs).unref();
  }

  #openSocket() {
    const { endpoint, certificate: ca } = this.#options;
    const socket = new WebSocket(`wss://${endpoint}/?v=8`, {
      ca,
      handshakeTimeout: maxOpenMs,
    });
    socket.on('open', () => this.#sendIdentity());
    socket.on('message', (data, isBinary) => {
      if (!Buffer.isBuffer(data) || socket !== this.#socket) return;
      if (isBinary) this.#handleBinary(data);
      else this.#handleJson(data.toString());
    });
    socket.on('error', () => socket.terminate());
    socket.on('close', (code) => this.#onClosed(code));
    return socket;
  }

  #sendIdentity() {
    const {
      guildId: server_id,
      userId,
      sessionId: session_id,
      token,
    } = this.#options.ticket;
    const resumed = { server_id, session_id, token, seq_ack: this.#seq };
    const fresh = {
      server_id,
      user_id: userId,
      session_id,
      token,
      max_dave_protocol_version: 1,
    };
    if (this.#described) this.send({ op: voiceOpcodes.resume, d: resumed });
    else this.send({ op: voiceOpcodes.identify, d: fresh });
  }

  #handleBinary(data: Buffer) {
    if (data.length < 3) return;
    this.#seq = data.readUInt16BE();
    this.#listener.onBinary(data.readUInt8(2), data.subarray(3));
  }

  #handleJson(text: string) {
    const read = envelopeSchema.safeParse(tryParseJson(text));
    if (!read.success) return;
    const { op: opcode, d, seq } = read.data;
    if (seq !== undefined) this.#seq = seq;
    if (opcode === voiceOpcodes.hello) this.#startHeartbeat(d);
    else if (opcode === voiceOpcodes.resumed) this.#tries = 0;
    else if (opcode !== voiceOpcodes.heartbeatAck) this.#listener.onJson(opcode, d);
    if (opcode === voiceOpcodes.sessionDescription) this.#described = true;
  }

  #startHeartbeat(d: unknown) {
    const read = helloSchema.safeParse(d);
    if (!read.success) return;
    clearInterval(this.#heartbeat);
    let count = 0;
    this.#heartbeat = setInterval(() => {
      this.send({ op: voiceOpcodes.heartbeat, d: { t: count++, seq_ack: this.#seq } });
    }, read.data.heartbeat_interval).unref();
  }

  #onClosed(code: number) {
    clearInterval(this.#heartbeat);
    if (this.#over) return;
    const broken =
      (code < 4000 && code !== goodbyeCode) || code === voiceCloseReasons.serverCrashed;
    if (this.#described && broken && this.#tries < maxResumeTries) {
      const afterMs = resumeIntervalMs * this.#tries++;
      this.#retry = setTimeout(() => {
        this.#socket = this.#openSocket();
      }, afterMs);
      return;
    }
    this.#over = true;
    this.#listener.onEnded(code);
  }
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
export function parseServerMessage(
  opcode: number,
  d: unknown,
): ServerMessage | undefined {
  return messageSchema.safeParse({ op: opcode, d }).data;
}
