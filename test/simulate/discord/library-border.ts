import '#src/discord/link/voice-library.ts';
import dgram from 'node:dgram';
import { EventEmitter } from 'node:events';
import { createRequire, syncBuiltinESMExports } from 'node:module';
import { Networking, VoiceUDPSocket, VoiceWebSocket } from '@discordjs/voice';
import type { SyncTiming } from '#src/base/clock.ts';
import { SimulatedMember } from './simulated-group.ts';

// The voice library opens sockets, timers and sessions of end-to-end groups by itself. For voice servers of a simulated network they are the network's
// own, in its own time. All others pass as they are, since tests over real sockets run in the same process.

/** The far end of a UDP socket of the library. */
export type DatagramReceiver = (datagram: Buffer, from: SimulatedUdp) => void;

/** A network in virtual time that the library connects to. */
export interface VoiceNetwork {
  readonly timing: SyncTiming;
  /** The library opens a voice socket to a host of the network. */
  acceptSocket(host: string, socket: SimulatedSocket): void;
  /** The library sends a datagram. */
  readonly carryDatagram: DatagramReceiver;
}

const networks = new Map<string, VoiceNetwork>();
/** The network whose code of the library runs now. */
let current: VoiceNetwork | undefined;

/** Lets the library reach a network by each host that ends with its domain, until disposed. */
export function openNetwork(domain: string, network: VoiceNetwork): Disposable {
  networks.set(domain, network);
  return { [Symbol.dispose]: () => void networks.delete(domain) };
}

function findNetwork(endpoint: string) {
  return networks.get(endpoint.slice(endpoint.indexOf('.') + 1));
}

type Handler = (event: { readonly data?: unknown; readonly code?: number }) => void;
const noHandler: Handler = () => undefined;

/** The library's end of a voice socket, in place of a socket of `ws`. */
export class SimulatedSocket {
  onmessage = noHandler;
  onopen = noHandler;
  onerror = noHandler;
  onclose = noHandler;
  isOpen = true;
  readonly #network;
  /** Called with each message of the library, and with the code by which it closes the socket. */
  onSent: (message: string | Buffer) => void = () => undefined;
  onClosed: (code: number) => void = () => undefined;

  constructor(network: VoiceNetwork) {
    this.#network = network;
  }

  /** The library sends a message. */
  send(message: string | Buffer): void {
    if (!this.isOpen) throw new Error('WebSocket is not open');
    this.onSent(message);
  }

  /** The library closes the socket, and hears of it as from `ws`. */
  close(code = 1005): void {
    if (!this.isOpen) return;
    this.isOpen = false;
    this.onClosed(code);
    this.#network.timing.later(0, () => this.#handle(() => this.onclose({ code })));
  }

  /** The connection is there. */
  open(): void {
    if (this.isOpen) this.#handle(() => this.onopen({}));
  }

  /** A message arrives: bytes, or JSON. */
  deliver(message: object): void {
    const data = Buffer.isBuffer(message) ? message : JSON.stringify(message);
    if (this.isOpen) this.#handle(() => this.onmessage({ data }));
  }

  /** The server, or the network between, closes the socket. */
  breakOff(code: number): void {
    if (!this.isOpen) return;
    this.isOpen = false;
    this.#handle(() => this.onclose({ code }));
  }

  #handle(work: () => void) {
    runInNetwork(this.#network, work);
  }
}

/** A UDP socket of a simulated network, in place of one of Node. */
export class SimulatedUdp extends EventEmitter {
  isOpen = true;
  #isBound = false;
  readonly #network;

  constructor(network: VoiceNetwork) {
    super();
    this.#network = network;
  }

  /** Sends a datagram. The network does not tell what becomes of it. */
  send(datagram: Buffer): void {
    if (!this.isOpen) throw new Error('Not running');
    if (!this.#isBound) this.#network.timing.later(0, () => this.emit('listening'));
    this.#isBound = true;
    this.#network.carryDatagram(datagram, this);
  }

  /** Remembers the peer. */
  connect(_port: number, _ip: string, done: (error?: Error) => void): void {
    this.#network.timing.later(0, () => done());
  }

  setRecvBufferSize(): void {}

  /** A datagram arrives. */
  arrive(datagram: Buffer): void {
    if (this.isOpen) this.emit('message', datagram);
  }

  close(): void {
    if (!this.isOpen) throw new Error('Not running');
    this.isOpen = false;
    this.#network.timing.later(0, () => this.emit('close'));
  }
}

/** Runs code of the library whose sockets and timers are those of a network. Does not wait for promises of that code. */
function runInNetwork(network: VoiceNetwork, work: () => void): void {
  const { timing } = network;
  const [outer, timers] = [current, pickTimers()];
  const runOnce = (run: () => void, ms = 0) => timing.later(ms, run);
  const runAgainAndAgain = (run: () => void, ms: number) => {
    let cancel = timing.later(ms, runAgain);
    function runAgain() {
      cancel = timing.later(ms, runAgain);
      run();
    }
    return () => cancel();
  };
  const clearTimer = (cancel?: () => void) => cancel?.();
  current = network;
  Object.assign(globalThis, {
    setTimeout: runOnce,
    setImmediate: runOnce,
    setInterval: runAgainAndAgain,
    clearTimeout: clearTimer,
    clearInterval: clearTimer,
  });
  try {
    work();
  } finally {
    Object.assign(globalThis, timers);
    current = outer;
  }
}

function pickTimers() {
  const { clearInterval, clearTimeout, setImmediate, setInterval, setTimeout } =
    globalThis;
  return { clearInterval, clearTimeout, setImmediate, setInterval, setTimeout };
}

/** Private members of the library, which the typings hide. */
type InnerNetworking = Record<
  'onChildError' | 'onWsOpen' | 'onWsPacket' | 'onWsBinary' | 'onWsClose' | 'onWsDebug',
  () => void
> & {
  createWebSocket(
    this: InnerNetworking,
    endpoint: string,
    lastSequence?: number,
  ): VoiceWebSocket;
};

const library = Networking.prototype as unknown as InnerNetworking;
const createWebSocket = library.createWebSocket;
library.createWebSocket = function (endpoint, lastSequence) {
  const network = findNetwork(endpoint);
  if (!network) return createWebSocket.call(this, endpoint, lastSequence);
  const voice = createVoiceSocket(network, endpoint);
  if (lastSequence !== undefined) voice.sequence = lastSequence;
  voice.on('error', this.onChildError);
  voice.once('open', this.onWsOpen);
  voice.on('packet', this.onWsPacket);
  voice.on('binary', this.onWsBinary);
  voice.once('close', this.onWsClose);
  voice.on('debug', this.onWsDebug);
  return voice;
};

const { setHeartbeatInterval } = VoiceWebSocket.prototype;

/** A voice socket of the library, as its constructor makes it, but over the network. */
function createVoiceSocket(network: VoiceNetwork, host: string) {
  const voice = Object.create(VoiceWebSocket.prototype) as VoiceWebSocket;
  const ws = new SimulatedSocket(network);
  Object.assign(voice, new EventEmitter(), {
    ws,
    missedHeartbeats: 0,
    sequence: -1,
    lastHeartbeatAck: 0,
    lastHeartbeatSend: 0,
    debug: null,
    setHeartbeatInterval: (ms: number) =>
      runInNetwork(network, () => setHeartbeatInterval.call(voice, ms)),
  });
  ws.onmessage = (event) => voice.onMessage(event as never);
  ws.onopen = (event) => voice.emit('open', event as never);
  ws.onclose = (event) => voice.emit('close', event as never);
  network.acceptSocket(host, ws);
  return voice;
}

const destroyUdp = VoiceUDPSocket.prototype.destroy;
VoiceUDPSocket.prototype.destroy = function () {
  const { socket } = this as unknown as { readonly socket: object };
  const network = socket instanceof SimulatedUdp ? owners.get(socket) : undefined;
  if (network) runInNetwork(network, () => destroyUdp.call(this));
  else destroyUdp.call(this);
};

// The module as the library sees it.
const davey = createRequire(import.meta.url)(
  '@snazzah/davey',
) as typeof import('@snazzah/davey');
const { DAVESession } = davey;
Object.assign(davey, {
  // As a constructor, which may return another object.
  DAVESession: function openSession(
    ...args: ConstructorParameters<typeof DAVESession>
  ) {
    return current ? new SimulatedMember(current.timing) : new DAVESession(...args);
  },
});

const owners = new WeakMap<SimulatedUdp, VoiceNetwork>();
const createSocket = dgram.createSocket;
dgram.createSocket = ((...args: Parameters<typeof createSocket>) => {
  if (!current) return createSocket(...args);
  const socket = new SimulatedUdp(current);
  owners.set(socket, current);
  return socket;
}) as typeof createSocket;
syncBuiltinESMExports();
