import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { readDiscovered, type UdpPeer, writeDiscovery } from '#sandbox/voice/rtp.ts';

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
