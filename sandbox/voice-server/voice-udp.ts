import { createSocket, type RemoteInfo, type Socket } from 'node:dgram';
import { once } from 'node:events';
import {
  openVoice,
  readDiscovery,
  readSsrc,
  type UdpPeer,
  writeDiscovery,
} from '#sandbox/voice/rtp.ts';
import type { Caller } from './voice-caller.ts';
import type { VoiceCalls } from './voice-calls.ts';
import type { FaultSchedule } from './voice-faults.ts';

const keepAliveBytes = 8;
/** Shortest time, in ms, until IP discovery is answered. */
const discoveryMs = 3;
/** Receive buffer of the port of all calls: 25 people who talk while this process waits a second for a processor. */
const receiveBufferBytes = 2 * 1024 * 1024;

/** The UDP port of all calls: tells clients their address, and passes voice on. Whatever else arrives is dropped. */
export class VoiceUdp implements AsyncDisposable {
  readonly #socket: Socket;
  readonly #calls: VoiceCalls;
  readonly #faults: FaultSchedule;

  private constructor(socket: Socket, calls: VoiceCalls, faults: FaultSchedule) {
    this.#socket = socket;
    this.#calls = calls;
    this.#faults = faults;
    socket.on('message', (datagram, from) => this.#receive(datagram, from));
  }

  static async open(calls: VoiceCalls, faults: FaultSchedule): Promise<VoiceUdp> {
    const socket = createSocket('udp4');
    socket.on('error', () => {}); // of a send to a port nobody listens to
    socket.bind(0, '127.0.0.1');
    await once(socket, 'listening');
    socket.setRecvBufferSize(receiveBufferBytes);
    return new VoiceUdp(socket, calls, faults);
  }

  get port(): number {
    return this.#socket.address().port;
  }

  /** Past the faults of the network. Nothing happens before IP discovery. */
  forge(datagram: Buffer, { remote }: Caller): void {
    if (remote) this.#send(datagram, remote);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const closed = once(this.#socket, 'close');
    this.#socket.close();
    await closed;
  }

  #receive(datagram: Buffer, from: RemoteInfo): void {
    const asked = readDiscovery(datagram);
    const ssrc = asked ?? readSsrc(datagram);
    const caller = ssrc === undefined ? this.#calls.byRemote(from) : this.#calls.bySsrc(ssrc);
    this.#faults.carry(caller?.userId, 'up', () => {
      if (datagram.length === keepAliveBytes) this.#answer(datagram, from, caller);
      else if (asked !== undefined) this.#discover(asked, from);
      else if (caller) this.#relay(datagram, caller);
    });
  }

  #relay(datagram: Buffer, caller: Caller): void {
    const packet = caller.secrets && openVoice(datagram, caller.secrets.cipher);
    if (!packet) return;
    this.#calls.callOf(caller)?.relay(caller, packet, (sealed, to) => {
      if (to.remote) this.#answer(sealed, to.remote, to);
    });
  }

  #discover(ssrc: number, from: RemoteInfo): void {
    const caller = this.#calls.bySsrc(ssrc);
    if (!caller) return;
    const address = { address: from.address, port: from.port };
    caller.remote = address;
    // A client may read its socket only after it has asked.
    this.#faults.after(discoveryMs, () =>
      this.#answer(writeDiscovery(ssrc, address), from, caller),
    );
  }

  #answer(datagram: Buffer, to: UdpPeer, caller: Caller | undefined): void {
    this.#faults.carry(caller?.userId, 'down', () => this.#send(datagram, to));
  }

  #send(datagram: Buffer, { address, port }: UdpPeer): void {
    if (port !== 0) this.#socket.send(datagram, port, address, () => {}); // UDP promises nothing
  }
}
