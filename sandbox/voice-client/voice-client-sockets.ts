import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { WebSocket } from 'ws';
import { z } from 'zod';
import {
  type EncryptionMode,
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
import { type PersonId, toPersonId } from '#src/base/ids.ts';
import { tryParseJson } from '#src/base/json.ts';

const discoverIntervalMs = 500;
const keepAliveIntervalMs = 5000;

/** UDP port of a client on 127.0.0.1. It discovers its own address, keeps the path open, and passes on voice datagrams. */
export class ClientUdp implements AsyncDisposable {
  readonly #socket = createSocket('udp4');
  readonly #onDatagram: (datagram: Buffer) => void;
  #voiceServer: UdpPeer | undefined;
  #onDiscovered: ((ownAddress: UdpPeer) => void) | undefined;
  #askTimer: NodeJS.Timeout | undefined;
  #keepAliveTimer: NodeJS.Timeout | undefined;

  /** Opens the port. `onDatagram` gets datagrams of the voice server alone, without those of discovery. */
  constructor(onDatagram: (datagram: Buffer) => void) {
    this.#onDatagram = onDatagram;
    this.#socket.on('message', (datagram, { port }) => {
      if (port === this.#voiceServer?.port) this.#receiveDatagram(datagram);
    });
    this.#socket.on('error', () => {}); // of a send to a server that is gone
    this.#socket.bind(0, '127.0.0.1');
  }

  /** Asks the server for our address until there is an answer, which goes to `onDiscovered` once. */
  discoverAddress(
    server: UdpPeer,
    ssrc: number,
    onDiscovered: (ownAddress: UdpPeer) => void,
  ): void {
    this.#voiceServer = server;
    this.#onDiscovered = onDiscovered;
    const askAddress = () => this.send(encodeDiscovery(ssrc));
    askAddress();
    clearInterval(this.#askTimer);
    this.#askTimer = setInterval(askAddress, discoverIntervalMs).unref();
  }

  /** Sends a datagram to the voice server. Does nothing before `discoverAddress`. */
  send(datagram: Buffer): void {
    if (!this.#voiceServer) return;
    const { port, address } = this.#voiceServer;
    this.#socket.send(datagram, port, address, () => {}); // UDP promises nothing
  }

  /** Closes the port, and waits until it is free. */
  async [Symbol.asyncDispose](): Promise<void> {
    clearInterval(this.#askTimer);
    clearInterval(this.#keepAliveTimer);
    const closed = once(this.#socket, 'close');
    this.#socket.close();
    await closed;
  }

  #receiveDatagram(datagram: Buffer) {
    const ownAddress = parseDiscoveredAddress(datagram);
    if (ownAddress) this.#reportAddress(ownAddress);
    else if (datagram.length > 8) this.#onDatagram(datagram);
  }

  #reportAddress(ownAddress: UdpPeer) {
    clearInterval(this.#askTimer);
    clearInterval(this.#keepAliveTimer);
    let count = 0;
    this.#keepAliveTimer = setInterval(() => {
      const beat = Buffer.alloc(8);
      beat.writeUInt32LE(count++ >>> 0);
      this.send(beat);
    }, keepAliveIntervalMs).unref();
    this.#onDiscovered?.(ownAddress);
    this.#onDiscovered = undefined;
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
  /** Takes the `d` of a JSON message that the signals do not handle. */
  onJson(opcode: number, d: unknown): void;
  /** Takes a binary message without its header. */
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
export class VoiceClientSignals {
  readonly #options: VoiceSignalsOptions;
  readonly #listener: SignalsListener;
  #socket: WebSocket;
  #heartbeatTimer: NodeJS.Timeout | undefined;
  #retryTimer: NodeJS.Timeout | undefined;
  #lastSeq = -1;
  #isDescribed = false;
  #resumeTries = 0;
  #isOver = false;

  constructor(options: VoiceSignalsOptions, listener: SignalsListener) {
    this.#options = options;
    this.#listener = listener;
    this.#socket = this.#openSocket();
  }

  /** Sends a message. Without a socket the message is dropped: the server repeats at the resume. */
  send(message: VoiceMessage): void {
    if (this.#socket.readyState !== WebSocket.OPEN) return;
    const wire =
      'payload' in message
        ? Buffer.concat([Buffer.of(message.op), message.payload])
        : JSON.stringify(message);
    this.#socket.send(wire, () => {}); // a failure shows as `close`
  }

  /** Ends the session by a proper close of the socket. */
  close(): void {
    this.#isOver = true;
    clearTimeout(this.#retryTimer);
    clearInterval(this.#heartbeatTimer);
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
    const { guildId, userId, sessionId: session_id, token } = this.#options.ticket;
    const server_id = guildId;
    if (this.#isDescribed) {
      const resume = { server_id, session_id, token, seq_ack: this.#lastSeq };
      this.send({ op: voiceOpcodes.resume, d: resume });
      return;
    }
    const identify = {
      server_id,
      user_id: userId,
      session_id,
      token,
      max_dave_protocol_version: 1,
    };
    this.send({ op: voiceOpcodes.identify, d: identify });
  }

  #handleBinary(data: Buffer) {
    if (data.length < 3) return;
    this.#lastSeq = data.readUInt16BE();
    this.#listener.onBinary(data.readUInt8(2), data.subarray(3));
  }

  #handleJson(text: string) {
    const parsed = envelopeSchema.safeParse(tryParseJson(text));
    if (!parsed.success) return;
    const { op: opcode, d, seq } = parsed.data;
    if (seq !== undefined) this.#lastSeq = seq;
    if (opcode === voiceOpcodes.hello) this.#startHeartbeat(d);
    else if (opcode === voiceOpcodes.resumed) this.#resumeTries = 0;
    else if (opcode !== voiceOpcodes.heartbeatAck) this.#listener.onJson(opcode, d);
    if (opcode === voiceOpcodes.sessionDescription) this.#isDescribed = true;
  }

  #startHeartbeat(d: unknown) {
    const parsed = helloSchema.safeParse(d);
    if (!parsed.success) return;
    clearInterval(this.#heartbeatTimer);
    let count = 0;
    this.#heartbeatTimer = setInterval(() => {
      const beat = { t: count++, seq_ack: this.#lastSeq };
      this.send({ op: voiceOpcodes.heartbeat, d: beat });
    }, parsed.data.heartbeat_interval).unref();
  }

  #onClosed(code: number) {
    clearInterval(this.#heartbeatTimer);
    if (this.#isOver) return;
    const isBroken =
      (code < 4000 && code !== goodbyeCode) || code === voiceCloseReasons.serverCrashed;
    if (this.#isDescribed && isBroken && this.#resumeTries < maxResumeTries) {
      const afterMs = resumeIntervalMs * this.#resumeTries++;
      this.#retryTimer = setTimeout(() => {
        this.#socket = this.#openSocket();
      }, afterMs);
      return;
    }
    this.#isOver = true;
    this.#listener.onEnded(code);
  }
}

const idSchema = z.string().transform(toPersonId);
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
    d: z.object({ user_id: idSchema, ssrc: z.int() }),
  }),
  z.object({
    op: z.literal(voiceOpcodes.clientsConnect),
    d: z.object({ user_ids: z.array(idSchema) }),
  }),
  z.object({
    op: z.literal(voiceOpcodes.clientDisconnect),
    d: z.object({ user_id: idSchema }),
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

/** Data of op 2: the SSRC of the client, and the UDP port of the server. */
export type ReadyMessage = {
  readonly ssrc: number;
  readonly ip: string;
  readonly port: number;
  /** Modes of encryption that the server offers. */
  readonly modes: readonly string[];
};
/** Data of op 4: the encryption of all packets. */
export type SessionDescription = {
  readonly mode: EncryptionMode;
  /** 32 bytes. */
  readonly secret_key: readonly number[];
  /** 0: the call is not encrypted end to end. */
  readonly dave_protocol_version: number;
};
/** JSON messages from the voice gateway to a client, with the fields that a client needs. */
export type ServerMessage =
  | { readonly op: typeof voiceOpcodes.ready; readonly d: ReadyMessage }
  | {
      readonly op: typeof voiceOpcodes.sessionDescription;
      readonly d: SessionDescription;
    }
  | {
      readonly op: typeof voiceOpcodes.speaking;
      readonly d: { readonly user_id: PersonId; readonly ssrc: number };
    }
  | {
      readonly op: typeof voiceOpcodes.clientsConnect;
      readonly d: { readonly user_ids: readonly PersonId[] };
    }
  | {
      readonly op: typeof voiceOpcodes.clientDisconnect;
      readonly d: { readonly user_id: PersonId };
    }
  | {
      readonly op: typeof voiceOpcodes.prepareTransition;
      readonly d: { readonly transition_id: number; readonly protocol_version: number };
    }
  | {
      readonly op: typeof voiceOpcodes.executeTransition;
      readonly d: { readonly transition_id: number };
    }
  | {
      readonly op: typeof voiceOpcodes.prepareEpoch;
      readonly d: { readonly epoch: number };
    };

/** Parses a message of the server. Gives undefined for malformed messages and those that a client may ignore. */
export function parseServerMessage(
  opcode: number,
  d: unknown,
): ServerMessage | undefined {
  return messageSchema.safeParse({ op: opcode, d }).data;
}
