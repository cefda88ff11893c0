import { randomBytes } from 'node:crypto';
import {
  type EncryptionMode,
  makeVoiceCipher,
  PacketSealer,
  type UdpPeer,
  type VoiceCipher,
} from '#sandbox/voice/rtp-packet.ts';
import { type VoiceMessage, voiceOpcodes } from '#sandbox/voice/voice-opcodes.ts';
import type { VoiceRights, VoiceTicket } from '#sandbox/voice/voice-ports.ts';
import { realClock } from '#src/base/clock.ts';
import type { FaultSchedule } from './voice-faults.ts';
import { createPaddedStreams } from './voice-padding.ts';
import type { VoiceSocket } from './voice-socket.ts';

/** Cipher for this person's packets, and sealer of packets for them, with Discord's header extension. */
type CallSecrets = { readonly cipher: VoiceCipher; readonly sealer: PacketSealer };

/** One person in one call, for as long as their voice session lives. Sockets come and go. */
export class VoiceCaller {
  readonly ticket: VoiceTicket;
  readonly ssrc: number;
  readonly key = randomBytes(32);
  /** Where IP discovery came from. */
  remote: UdpPeer | undefined;
  /** Absent until op 1 chose how to encrypt: from then on in the call. */
  secrets: CallSecrets | undefined;
  /** Op 5 came, so the others know the owner of this SSRC. */
  announced = false;
  canSpeak: VoiceRights = { speak: true, hear: true };
  readonly canHear = createPaddedStreams();
  lastBeatAtMs = realClock.nowMs();
  /** Since when there has been no socket. */
  cutAtMs: number | undefined;
  readonly #outbox = createVoiceOutbox();
  readonly #faults;
  #socket: VoiceSocket;

  constructor(
    ticket: VoiceTicket,
    ssrc: number,
    faults: FaultSchedule,
    line: VoiceSocket,
  ) {
    this.ticket = ticket;
    this.#faults = faults;
    this.ssrc = ssrc;
    this.#socket = line;
  }

  get userId() {
    return this.ticket.userId;
  }

  chooseMode(mode: EncryptionMode) {
    const cipher = makeVoiceCipher(mode, this.key);
    this.secrets = { cipher, sealer: new PacketSealer(cipher, true) };
  }

  /** Sends a message with the delay that the faults set. */
  send(message: VoiceMessage) {
    this.#faults.postMessage(this.userId, message.op, () => this.#sendNow(message));
  }

  /** Sends a frame without a number, which is never repeated. */
  sendMessage(frame: SocketData) {
    if (this.cutAtMs === undefined) this.#socket.send(frame);
  }

  /** Sends a numbered message, and keeps it until it is acknowledged. Without a socket it is only kept. */
  #sendNow(message: VoiceMessage) {
    const wire = this.#outbox.numberMessage(message);
    if (this.cutAtMs === undefined) this.#socket.send(wire);
  }

  /**
   * Freezes the present socket, so that it says nothing any more and is not known to be
   * closed.
   */
  freeze() {
    this.#socket.freeze();
  }

  acknowledgeBeat(seqAck: number | undefined) {
    this.lastBeatAtMs = realClock.nowMs();
    if (seqAck !== undefined) this.#outbox.acknowledge(seqAck);
  }

  /** Notes that `line` is closed. Returns false if it was not the present one. */
  cutSocket(line: VoiceSocket) {
    if (line !== this.#socket) return false;
    this.cutAtMs = realClock.nowMs();
    return true;
  }

  /**
   * Continues on `line` with the missed messages. Returns false if some of them are
   * lost. Clients take binary messages only after op 9.
   */
  resume(line: VoiceSocket, seqAck: number) {
    const missed = this.#outbox.listSince(seqAck);
    if (!missed) return false;
    if (this.cutAtMs === undefined) this.#socket.close(1000);
    this.#socket = line;
    this.cutAtMs = undefined;
    this.lastBeatAtMs = realClock.nowMs();
    line.send(JSON.stringify({ op: voiceOpcodes.resumed, d: null }));
    for (const wire of missed) line.send(wire);
    return true;
  }

  /** Closes the socket. A session that can be resumed waits for the resume. */
  close(code: number) {
    if (this.cutAtMs === undefined) this.#socket.close(code);
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
function createVoiceOutbox() {
  let last = 0;
  const kept: { readonly seq: number; readonly wire: SocketData }[] = [];

  return {
    /**
     * Numbers a message and keeps it. JSON and binary messages share one counter of 16
     * bits.
     */
    numberMessage(message: VoiceMessage) {
      last = (last + 1) & 0xffff;
      const wire = encodeMessage(message, last);
      kept.push({ seq: last, wire });
      if (kept.length > maxKeptMessages) kept.shift();
      return wire;
    },

    /**
     * Forgets messages up to `seq`. -1: nothing arrived yet. A number that was never
     * given is ignored.
     */
    acknowledge(seq: number) {
      const at = kept.findIndex((one) => one.seq === seq);
      if (at >= 0) kept.splice(0, at + 1);
    },

    /** Lists messages after `seq`, oldest first. Undefined if some of them are lost. */
    listSince(seq: number) {
      const missing = seq < 0 ? last : (last - seq) & 0xffff;
      if (missing > kept.length) return undefined;
      return kept.slice(kept.length - missing).map(({ wire }) => wire);
    },
  };
}

function encodeMessage(message: VoiceMessage, seq: number) {
  if (!('payload' in message)) return JSON.stringify({ ...message, seq });
  return Buffer.concat([Buffer.of(seq >> 8, seq & 0xff, message.op), message.payload]);
}
