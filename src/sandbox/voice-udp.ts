import { createSocket, type RemoteInfo, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { openVoice, type Remote, readDiscovery, readSsrc, writeDiscovery } from './rtp.ts';
import type { VoiceCalls } from './voice-calls.ts';

const keepAliveBytes = 8;

/** The UDP port of all calls: tells clients their address, and passes voice on. Whatever else arrives is dropped. */
export class VoiceUdp implements AsyncDisposable {
  readonly #socket: Socket;
  readonly #calls: VoiceCalls;

  private constructor(socket: Socket, calls: VoiceCalls) {
    this.#socket = socket;
    this.#calls = calls;
    socket.on('message', (datagram, from) => this.#take(datagram, from));
    socket.on('error', () => {}); // of a send to a port nobody listens to
  }

  static async open(calls: VoiceCalls): Promise<VoiceUdp> {
    const socket = createSocket('udp4');
    const udp = new VoiceUdp(socket, calls);
    socket.bind(0, '127.0.0.1');
    await once(socket, 'listening');
    return udp;
  }

  get port(): number {
    return this.#socket.address().port;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const closed = once(this.#socket, 'close');
    this.#socket.close();
    await closed;
  }

  #take(datagram: Buffer, from: RemoteInfo): void {
    const asked = readDiscovery(datagram);
    if (datagram.length === keepAliveBytes) this.#send(datagram, from);
    else if (asked !== undefined) this.#discover(asked, from);
    else this.#relay(datagram);
  }

  #relay(datagram: Buffer): void {
    const ssrc = readSsrc(datagram);
    const caller = ssrc === undefined ? undefined : this.#calls.bySsrc(ssrc);
    const packet = caller?.described ? openVoice(datagram, caller.key) : undefined;
    if (!caller || !packet) return;
    this.#calls.relay(caller, packet, (sealed, { remote }) => remote && this.#send(sealed, remote));
  }

  #discover(ssrc: number, from: RemoteInfo): void {
    const caller = this.#calls.bySsrc(ssrc);
    if (!caller) return;
    caller.remote = { address: from.address, port: from.port };
    this.#send(writeDiscovery(ssrc, caller.remote), from);
  }

  #send(datagram: Buffer, to: Remote): void {
    if (to.port === 0) return;
    this.#socket.send(datagram, to.port, to.address, () => {}); // UDP promises nothing
  }
}
