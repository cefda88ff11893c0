import { randomBytes } from 'node:crypto';
import {
  type EncryptionMode,
  makeVoiceCipher,
  type PacketCipher,
  PacketSealer,
  type UdpPeer,
} from '#sandbox/voice/rtp-packet.ts';
import { type VoiceMessage, voiceOpcodes } from '#sandbox/voice/voice-opcodes.ts';
import type { VoiceRights, VoiceTicket } from '#sandbox/voice/voice-ports.ts';
import { realClock } from '#src/base/clock.ts';
import type { PersonId } from '#src/base/ids.ts';
import type { FaultSchedule } from './voice-faults.ts';
import { PaddedStreams } from './voice-padding.ts';
import type { VoiceSocket } from './voice-socket.ts';

/** Cipher for this person's packets, and sealer of packets for them, with Discord's header extension. */
type CallSecrets = { readonly cipher: PacketCipher; readonly sealer: PacketSealer };

/** One person in one call, for as long as their voice session lives. Sockets come and go. */
export class VoiceCaller {
  readonly ticket: VoiceTicket;
  readonly ssrc: number;
  /** Key of the transport encryption, 32 bytes, which op 4 tells. */
  readonly key: Buffer = randomBytes(32);
  /** Where IP discovery came from before the call, and voice goes to. Undefined once a fault has moved the path. */
  remote: UdpPeer | undefined;
  /** Absent until op 1 chose how to encrypt. From then on the person is in the call. */
  secrets: CallSecrets | undefined;
  /** Op 5 came, so the others know the owner of this SSRC. */
  isAnnounced: boolean = false;
  rights: VoiceRights = { speak: true, hear: true };
  readonly paddedStreams: PaddedStreams = new PaddedStreams();
  lastBeatAtMs: number = realClock.nowMs();
  /** Instant since which there has been no socket. */
  cutAtMs: number | undefined;
  readonly #outbox = new VoiceOutbox();
  readonly #faults: FaultSchedule;
  #socket: VoiceSocket;

  constructor(
    ticket: VoiceTicket,
    ssrc: number,
    faults: FaultSchedule,
    socket: VoiceSocket,
  ) {
    this.ticket = ticket;
    this.#faults = faults;
    this.ssrc = ssrc;
    this.#socket = socket;
  }

  /** Id of the person, from the ticket. */
  get userId(): PersonId {
    return this.ticket.userId;
  }

  /** Sets how packets of this person are encrypted from now on, both ways. */
  chooseMode(mode: EncryptionMode): void {
    const cipher = makeVoiceCipher(mode, this.key);
    this.secrets = { cipher, sealer: new PacketSealer(cipher, true) };
  }

  /** Sends a message with the delay that the faults set. */
  send(message: VoiceMessage): void {
    this.#faults.postMessage(this.userId, message.op, () => this.#sendNow(message));
  }

  /** Sends a frame without a number, which is never repeated. */
  sendUnnumbered(frame: SocketData): void {
    if (this.cutAtMs === undefined) this.#socket.send(frame);
  }

  /**
   * Freezes the present socket, so that it says nothing any more and is not known to be
   * closed.
   */
  freeze(): void {
    this.#socket.freeze();
  }

  /** Notes a heartbeat (op 3), and forgets the messages up to `seqAck`. */
  acknowledgeBeat(seqAck: number | undefined): void {
    this.lastBeatAtMs = realClock.nowMs();
    if (seqAck !== undefined) this.#outbox.acknowledge(seqAck);
  }

  /** Notes that `socket` is closed. Returns false if another socket has taken its place. */
  cutSocket(socket: VoiceSocket): boolean {
    if (socket !== this.#socket) return false;
    this.cutAtMs = realClock.nowMs();
    return true;
  }

  /**
   * Continues on `socket` with the missed messages. Returns false if some of them are
   * lost. Clients take binary messages only after op 9.
   */
  resume(socket: VoiceSocket, seqAck: number): boolean {
    const missedMessages = this.#outbox.listSince(seqAck);
    if (!missedMessages) return false;
    if (this.cutAtMs === undefined) this.#socket.close(1000);
    this.#socket = socket;
    this.cutAtMs = undefined;
    this.lastBeatAtMs = realClock.nowMs();
    socket.send(JSON.stringify({ op: voiceOpcodes.resumed, d: null }));
    for (const wire of missedMessages) socket.send(wire);
    return true;
  }

  /** Closes the socket. A session that can be resumed waits for the resume. */
  close(code: number): void {
    if (this.cutAtMs === undefined) this.#socket.close(code);
  }

  /** Sends a numbered message, and keeps it until it is acknowledged. Without a socket it is only kept. */
  #sendNow(message: VoiceMessage) {
    const wire = this.#outbox.numberMessage(message);
    if (this.cutAtMs === undefined) this.#socket.send(wire);
  }
}

/** Messages kept for a resume: some minutes of coming and going. */
const maxKeptMessages = 500;

/** Data sent over the socket: text for JSON, bytes for binary messages. */
export type SocketData = string | Buffer;

/**
 * Numbers the server's messages to one client and keeps them until they are acknowledged, for a resume.
 *
 * Keeps 500 messages. With more unacknowledged the oldest are lost, and a client that misses one cannot resume.
 */
class VoiceOutbox {
  #lastSeq = 0;
  readonly #messages: { readonly seq: number; readonly wire: SocketData }[] = [];

  /**
   * Numbers a message and keeps it. JSON and binary messages share one counter of 16
   * bits.
   */
  numberMessage(message: VoiceMessage): SocketData {
    this.#lastSeq = (this.#lastSeq + 1) & 0xffff;
    const wire = encodeMessage(message, this.#lastSeq);
    this.#messages.push({ seq: this.#lastSeq, wire });
    if (this.#messages.length > maxKeptMessages) this.#messages.shift();
    return wire;
  }

  /**
   * Forgets messages up to `seq`. -1: nothing arrived yet. A number that was never given
   * is ignored.
   */
  acknowledge(seq: number): void {
    const index = this.#messages.findIndex((message) => message.seq === seq);
    if (index >= 0) this.#messages.splice(0, index + 1);
  }

  /** Lists messages after `seq`, oldest first. Undefined if some of them are lost. */
  listSince(seq: number): readonly SocketData[] | undefined {
    const messages = this.#messages;
    const missingCount = seq < 0 ? this.#lastSeq : (this.#lastSeq - seq) & 0xffff;
    if (missingCount > messages.length) return undefined;
    return messages.slice(messages.length - missingCount).map(({ wire }) => wire);
  }
}

function encodeMessage(message: VoiceMessage, seq: number) {
  if (!('payload' in message)) return JSON.stringify({ ...message, seq });
  return Buffer.concat([Buffer.of(seq >> 8, seq & 0xff, message.op), message.payload]);
}
