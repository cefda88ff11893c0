import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { WebSocket } from 'ws';
import { z } from 'zod';
import {
  encryptionModes,
  readDiscovered,
  type UdpPeer,
  writeDiscovery,
} from '#sandbox/voice/rtp.ts';
import { closeCode, op, type VoiceMessage } from '#sandbox/voice/voice-ops.ts';
import type { VoiceTicket } from '#sandbox/voice/voice-ports.ts';
import { parsedJson } from '#src/base/json.ts';

const discoverEveryMs = 500;
const keepAliveMs = 5000;

/** A client's UDP port on 127.0.0.1: asks for its own address, keeps the path open, hands on what is voice. */
export class ClientUdp implements AsyncDisposable {
  readonly #socket: Socket = createSocket('udp4');
  readonly #hear: (datagram: Buffer) => void;
  #server: UdpPeer | undefined;
  #discovered: ((own: UdpPeer) => void) | undefined;
  #asking: NodeJS.Timeout | undefined;
  #keeping: NodeJS.Timeout | undefined;

  constructor(hear: (datagram: Buffer) => void) {
    this.#hear = hear;
    this.#socket.on('message', (datagram, { port }) => {
      if (port === this.#server?.port) this.#receive(datagram);
    });
    this.#socket.on('error', () => {}); // of a send to a server that is gone
    this.#socket.bind(0, '127.0.0.1');
  }

  /** Asks until there is an answer, which goes to `then` once. */
  discover(server: UdpPeer, ssrc: number, then: (own: UdpPeer) => void): void {
    this.#server = server;
    this.#discovered = then;
    const ask = () => this.send(writeDiscovery(ssrc));
    ask();
    clearInterval(this.#asking);
    this.#asking = setInterval(ask, discoverEveryMs).unref();
  }

  send(datagram: Buffer): void {
    if (!this.#server) return;
    this.#socket.send(datagram, this.#server.port, this.#server.address, () => {}); // UDP promises nothing
  }

  async [Symbol.asyncDispose](): Promise<void> {
    clearInterval(this.#asking);
    clearInterval(this.#keeping);
    const closed = once(this.#socket, 'close');
    this.#socket.close();
    await closed;
  }

  #receive(datagram: Buffer): void {
    const own = readDiscovered(datagram);
    if (own) this.#found(own);
    else if (datagram.length > 8) this.#hear(datagram);
  }

  #found(own: UdpPeer): void {
    clearInterval(this.#asking);
    clearInterval(this.#keeping);
    let count = 0;
    this.#keeping = setInterval(() => {
      const beat = Buffer.alloc(8);
      beat.writeUInt32LE(count++ >>> 0);
      this.send(beat);
    }, keepAliveMs).unref();
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

/** Told of what the server says; of `hello`, heartbeats and `resumed` the signals take care themselves. */
interface SignalsListener {
  json(opcode: number, d: unknown): void;
  binary(opcode: number, payload: Buffer): void;
  /** For good: there will be no other socket. */
  ended(code: number): void;
}

const envelope = z.object({ op: z.int(), d: z.unknown(), seq: z.int().optional() });
const hello = z.object({ heartbeat_interval: z.number().positive() });

const resumeTries = 5;
const resumeEveryMs = 100;
const openMs = 5000;
const goodbye = 1000;
/** Time for a close handshake until the socket is cut. */
const partingMs = 500;

/** A client's socket to the voice gateway: identifies, keeps it alive, and resumes when it breaks. */
export class VoiceSignals {
  readonly #options: VoiceSignalsOptions;
  readonly #listener: SignalsListener;
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
    this.#socket = this.#open();
  }

  /** Dropped while there is no socket; a resumed server repeats what matters. */
  send(message: VoiceMessage): void {
    if (this.#socket.readyState !== WebSocket.OPEN) return;
    const binary = 'payload' in message;
    const wire = binary
      ? Buffer.concat([Buffer.of(message.op), message.payload])
      : JSON.stringify(message);
    this.#socket.send(wire, () => {}); // a failure shows as `close`
  }

  /** Says goodbye, which ends the session. */
  close(): void {
    this.#over = true;
    clearTimeout(this.#retry);
    clearInterval(this.#heartbeat);
    const socket = this.#socket;
    socket.close(goodbye);
    setTimeout(() => socket.terminate(), partingMs).unref();
  }

  #open(): WebSocket {
    const { endpoint, certificate: ca } = this.#options;
    const socket = new WebSocket(`wss://${endpoint}/?v=8`, { ca, handshakeTimeout: openMs });
    socket.on('open', () => this.#introduce());
    socket.on('message', (data, isBinary) => {
      if (!Buffer.isBuffer(data) || socket !== this.#socket) return;
      if (isBinary) this.#handleBinary(data);
      else this.#handleJson(data.toString());
    });
    socket.on('error', () => socket.terminate());
    socket.on('close', (code) => this.#closed(code));
    return socket;
  }

  #introduce(): void {
    const { guildId: server_id, userId, sessionId: session_id, token } = this.#options.ticket;
    const resumed = { server_id, session_id, token, seq_ack: this.#seq };
    const fresh = { server_id, user_id: userId, session_id, token, max_dave_protocol_version: 1 };
    if (this.#described) this.send({ op: op.resume, d: resumed });
    else this.send({ op: op.identify, d: fresh });
  }

  #handleBinary(data: Buffer): void {
    if (data.length < 3) return;
    this.#seq = data.readUInt16BE();
    this.#listener.binary(data.readUInt8(2), data.subarray(3));
  }

  #handleJson(text: string): void {
    const read = envelope.safeParse(parsedJson(text));
    if (!read.success) return;
    const { op: opcode, d, seq } = read.data;
    if (seq !== undefined) this.#seq = seq;
    if (opcode === op.hello) this.#keepAlive(d);
    else if (opcode === op.resumed) this.#tries = 0;
    else if (opcode !== op.heartbeatAck) this.#listener.json(opcode, d);
    if (opcode === op.sessionDescription) this.#described = true;
  }

  #keepAlive(d: unknown): void {
    const read = hello.safeParse(d);
    if (!read.success) return;
    clearInterval(this.#heartbeat);
    let count = 0;
    this.#heartbeat = setInterval(() => {
      this.send({ op: op.heartbeat, d: { t: count++, seq_ack: this.#seq } });
    }, read.data.heartbeat_interval).unref();
  }

  #closed(code: number): void {
    clearInterval(this.#heartbeat);
    if (this.#over) return;
    const broken = (code < 4000 && code !== goodbye) || code === closeCode.serverCrashed;
    if (this.#described && broken && this.#tries < resumeTries) {
      const afterMs = resumeEveryMs * this.#tries++;
      this.#retry = setTimeout(() => {
        this.#socket = this.#open();
      }, afterMs);
      return;
    }
    this.#over = true;
    this.#listener.ended(code);
  }
}

const transition = z.object({ transition_id: z.int() });

const message = z.discriminatedUnion('op', [
  z.object({
    op: z.literal(op.ready),
    d: z.object({
      ssrc: z.int().min(0),
      ip: z.ipv4(),
      port: z.int().min(1).max(0xffff),
      modes: z.array(z.string()),
    }),
  }),
  z.object({
    op: z.literal(op.sessionDescription),
    d: z.object({
      mode: z.enum(encryptionModes),
      secret_key: z.array(z.int().min(0).max(255)).length(32),
      dave_protocol_version: z.int(),
    }),
  }),
  z.object({
    op: z.literal(op.speaking),
    d: z.object({ user_id: z.string(), ssrc: z.int() }),
  }),
  z.object({
    op: z.literal(op.clientsConnect),
    d: z.object({ user_ids: z.array(z.string()) }),
  }),
  z.object({ op: z.literal(op.clientDisconnect), d: z.object({ user_id: z.string() }) }),
  z.object({ op: z.literal(op.prepareTransition), d: transition }),
  z.object({ op: z.literal(op.executeTransition), d: transition }),
  z.object({ op: z.literal(op.prepareEpoch), d: z.object({ epoch: z.int() }) }),
]);

/** JSON messages from the voice gateway to a client, with the fields that a client needs. */
export type ServerMessage = z.infer<typeof message>;
export type ReadyMessage = Extract<ServerMessage, { op: typeof op.ready }>['d'];
export type Description = Extract<ServerMessage, { op: typeof op.sessionDescription }>['d'];

/** Undefined for what a client need not know, or what is not as it must be. */
export function readServerMessage(opcode: number, d: unknown): ServerMessage | undefined {
  return message.safeParse({ op: opcode, d }).data;
}
