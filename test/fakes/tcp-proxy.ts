import { connect, createServer, type Server, type Socket } from 'node:net';

type ProxyTarget = { readonly host: string; readonly port: number };
type SocketPair = { readonly inner: Socket; readonly outer: Socket };

/** A network between the client and the server. */
export type ProxyNetwork = {
  /** Time, in ms, that a byte takes there and its answer takes back. */
  readonly roundTripMs: number;
  readonly bytesPerMs: number;
};

/**
 * A TCP proxy on 127.0.0.1 that breaks in three ways: `cut` ends every connection and refuses new ones, `swallowData` keeps them
 * open and passes nothing on, `swallowAnswers` passes on what clients send only. `heal` ends all of that. With a network it
 * passes everything on later.
 */
export class TcpProxy implements AsyncDisposable {
  readonly port: number;
  readonly #server;
  readonly #pairs = new Set<SocketPair>();
  #state: 'open' | 'cut' | 'swallowing' = 'open';

  readonly #network;

  private constructor(
    server: Server,
    target: ProxyTarget,
    network: ProxyNetwork | undefined,
  ) {
    this.#server = server;
    this.#network = network;
    this.port = getPort(server);
    server.on('connection', (outer) => this.#joinSockets(outer, target));
  }

  /** Before the PostgreSQL server of this address. */
  static openInFront(url: string) {
    const { hostname: host, port } = new URL(url);
    return TcpProxy.open({ host, port: Number(port === '' ? 5432 : port) });
  }

  static async open(target: ProxyTarget, network?: ProxyNetwork) {
    const server = createServer();
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen(0, '127.0.0.1', resolve);
    });
    return new TcpProxy(server, target, network);
  }

  /** Number of open connections. */
  get connections() {
    return this.#pairs.size;
  }

  /** Resets connections like a server whose machine has just restarted: RST for old and new ones. */
  cutConnections() {
    this.#state = 'cut';
    this.#endConnections();
  }

  /** Drops all data like a network that loses every packet: neither side learns of it. */
  swallowData() {
    this.#state = 'swallowing';
    for (const { inner, outer } of this.#pairs)
      for (const socket of [inner, outer]) socket.pause();
  }

  swallowAnswers() {
    this.#state = 'swallowing';
    for (const { inner } of this.#pairs) inner.pause();
  }

  /** Ends the trouble; connections whose data was swallowed end. */
  healConnections() {
    if (this.#state === 'swallowing') this.#endConnections();
    this.#state = 'open';
  }

  /** The same address with this proxy's port, for a URL that names the target. */
  makeProxiedUrl(url: string) {
    const address = new URL(url);
    address.host = `127.0.0.1:${this.port}`;
    return address.href;
  }

  async [Symbol.asyncDispose]() {
    this.#endConnections();
    await new Promise((resolve) => {
      this.#server.close(resolve);
    });
  }

  #joinSockets(outer: Socket, target: ProxyTarget) {
    outer.on('error', () => undefined);
    if (this.#state === 'cut') {
      outer.resetAndDestroy();
      return;
    }
    const inner = connect({ ...target, noDelay: true });
    // Servers and clients send each piece at once, and so does a network.
    outer.setNoDelay();
    inner.on('error', () => undefined);
    const pair = { inner, outer };
    this.#pairs.add(pair);
    const network = this.#network;
    if (network) {
      // Opening a connection takes a round trip before its first byte.
      passSlowly(outer, inner, network, network.roundTripMs);
      passSlowly(inner, outer, network, 0);
    } else {
      this.#passData(outer, inner);
      this.#passData(inner, outer);
    }
    const endBoth = () => this.#endPair(pair);
    const endSoon = () =>
      void (network ? setTimeout(endBoth, network.roundTripMs) : endBoth());
    for (const socket of [inner, outer]) socket.on('close', endSoon);
    if (this.#state === 'swallowing')
      for (const socket of [inner, outer]) socket.pause();
  }

  #passData(from: Socket, to: Socket) {
    from.on('data', (bytes) => to.write(bytes));
  }

  #endConnections() {
    for (const pair of this.#pairs) this.#endPair(pair);
  }

  #endPair(pair: SocketPair) {
    this.#pairs.delete(pair);
    for (const socket of [pair.inner, pair.outer])
      if (!socket.destroyed) socket.resetAndDestroy();
  }
}

/** Passes bytes on in their order, after half a round trip and the time that the bytes before them take. */
function passSlowly(
  from: Socket,
  to: Socket,
  network: ProxyNetwork,
  openingMs: number,
) {
  const { bytesPerMs, roundTripMs } = network;
  const waiting: { readonly atMs: number; readonly bytes: Buffer }[] = [];
  let freeAtMs = performance.now() + openingMs;
  const passWaiting = () => {
    const [next] = waiting;
    if (!next) return;
    const restMs = next.atMs - performance.now();
    // A timer may be a millisecond late.
    if (restMs > 1.5) return void setTimeout(passWaiting, restMs - 1);
    if (restMs > 0) return void setImmediate(passWaiting);
    waiting.shift();
    if (!to.destroyed) to.write(next.bytes);
    passWaiting();
  };
  from.on('data', (bytes) => {
    freeAtMs = Math.max(freeAtMs, performance.now()) + bytes.length / bytesPerMs;
    waiting.push({ atMs: freeAtMs + roundTripMs / 2, bytes });
    if (waiting.length === 1) passWaiting();
  });
}

function getPort(server: Server) {
  const address = server.address();
  if (typeof address !== 'object' || address === null) throw new Error('not listening');
  return address.port;
}
