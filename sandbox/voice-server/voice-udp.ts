import { createSocket, type RemoteInfo, type Socket } from 'node:dgram';
import { once } from 'node:events';
import {
  decryptPacket,
  encodeDiscovery,
  parseDiscovery,
  parseSsrc,
  type UdpPeer,
} from '#sandbox/voice/rtp-packet.ts';
import type { VoiceCaller } from './voice-caller.ts';
import type { VoiceCalls } from './voice-calls.ts';
import type { FaultSchedule } from './voice-faults.ts';

const keepAliveBytes = 8;
/** Shortest time, in ms, until IP discovery is answered. */
const minDiscoveryMs = 3;
/** Receive buffer of the port of all calls: 25 speakers while this process waits a second for a processor. */
const receiveBufferBytes = 2 * 1024 * 1024;

/** The UDP port of all calls: tells clients their address, and passes voice on. Any other datagram is dropped. */
export class VoiceUdp implements AsyncDisposable {
  readonly #socket: Socket;
  readonly #calls: VoiceCalls;
  readonly #faults: FaultSchedule;

  private constructor(socket: Socket, calls: VoiceCalls, faults: FaultSchedule) {
    this.#socket = socket;
    this.#calls = calls;
    this.#faults = faults;
    socket.on('message', (datagram, from) => this.#receiveDatagram(datagram, from));
  }

  /** Opens a port of the system's choosing on 127.0.0.1. */
  static async open(calls: VoiceCalls, faults: FaultSchedule): Promise<VoiceUdp> {
    const socket = createSocket('udp4');
    socket.on('error', () => {}); // of a send to a port nobody listens to
    socket.bind(0, '127.0.0.1');
    await once(socket, 'listening');
    socket.setRecvBufferSize(receiveBufferBytes);
    return new VoiceUdp(socket, calls, faults);
  }

  /** Number of the port, which op 2 tells. */
  get port(): number {
    return this.#socket.address().port;
  }

  /**
   * Sends a datagram without the faults of the network. Nothing happens before IP
   * discovery.
   */
  forgeDatagram(datagram: Buffer, { remote }: VoiceCaller): void {
    if (remote) this.#sendDatagram(datagram, remote);
  }

  /** Closes the port, and waits until it is free. */
  async [Symbol.asyncDispose](): Promise<void> {
    const closed = once(this.#socket, 'close');
    this.#socket.close();
    await closed;
  }

  #receiveDatagram(datagram: Buffer, from: RemoteInfo) {
    const discoverySsrc = parseDiscovery(datagram);
    const ssrc = discoverySsrc ?? parseSsrc(datagram);
    const caller =
      ssrc === undefined
        ? this.#calls.findByRemote(from)
        : this.#calls.findBySsrc(ssrc);
    this.#faults.carryDatagram(caller?.userId, 'up', () => {
      if (datagram.length === keepAliveBytes)
        this.#answerCaller(datagram, from, caller);
      else if (discoverySsrc !== undefined) this.#answerDiscovery(discoverySsrc, from);
      else if (caller) this.#relayDatagram(datagram, caller);
    });
  }

  #relayDatagram(datagram: Buffer, caller: VoiceCaller) {
    const packet = caller.secrets && decryptPacket(datagram, caller.secrets.cipher);
    if (!packet) return;
    this.#calls.findCall(caller)?.relayPacket(caller, packet, (sealed, to) => {
      if (to.remote) this.#answerCaller(sealed, to.remote, to);
    });
  }

  #answerDiscovery(ssrc: number, from: RemoteInfo) {
    const caller = this.#calls.findBySsrc(ssrc);
    if (!caller) return;
    const { address, port } = from;
    if (!caller.secrets) caller.remote = { address, port };
    else if (!this.#faults.answersInCall(caller.userId)) return;
    // A path that has moved has another port outside.
    const seen = { address, port: caller.remote ? port : port ^ 1 };
    // A client may read its socket only after it has asked.
    this.#faults.runAfter(minDiscoveryMs, () =>
      this.#answerCaller(encodeDiscovery(ssrc, seen), from, caller),
    );
  }

  #answerCaller(datagram: Buffer, to: UdpPeer, caller: VoiceCaller | undefined) {
    this.#faults.carryDatagram(caller?.userId, 'down', () =>
      this.#sendDatagram(datagram, to),
    );
  }

  #sendDatagram(datagram: Buffer, { address, port }: UdpPeer) {
    if (port !== 0) this.#socket.send(datagram, port, address, () => {}); // UDP promises nothing
  }
}
