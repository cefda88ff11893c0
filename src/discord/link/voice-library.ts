import '#src/discord/library/sodium.ts';
import { createSecretKey, type KeyObject, randomBytes } from 'node:crypto';
import type { Socket } from 'node:dgram';
import { isIP } from 'node:net';
import {
  type DAVESession,
  Networking,
  type NetworkingState,
  NetworkingStatusCode,
  type VoiceConnection,
  VoiceReceiver,
  type VoiceUDPSocket,
  type VoiceWebSocket,
} from '@discordjs/voice';
import type { Clock, SyncTiming } from '#src/base/clock.ts';
import { BotError } from '#src/base/errors.ts';
import type { PersonId } from '#src/base/ids.ts';
import { createAddressRequest } from './watchdog/udp-path.ts';

/**
 * Private members of @discordjs/voice 0.19.2, and of the sockets and the group below,
 * each with the reason for its use. test/discord/link finds changes in other versions.
 */

type InnerReceiver = {
  /** Opens transport encryption, without the stream that the library needs for each speaker. */
  decrypt(datagram: Buffer, mode: string, nonce: Buffer, key: Uint8Array): Buffer;
  /** `map`: the library has no way to forget all sources. */
  readonly ssrcMap: { readonly map: Map<number, { readonly userId: PersonId }> };
};
type InnerUdp = {
  readonly socket: Pick<Socket, 'once' | 'setRecvBufferSize' | 'send'> & {
    /** Connects the socket. Typings of Node lack the error. */
    connect(port: number, ip: string, done: (error?: Error) => void): void;
  };
  readonly remote: { readonly ip: string; readonly port: number };
};
type InnerSocket = { readonly missedHeartbeats: number };
type MessageEvent = Parameters<VoiceWebSocket['onMessage']>[0];
/**
 * Node makes a key object anew from bytes for each packet, which takes longer than the cipher.
 */
type InnerKey = { readonly encryptionMode: string; secretKey: Uint8Array | KeyObject };

/** Shows the private members of a receiver, which the typings hide. */
export function getInnerReceiver(receiver: VoiceReceiver): InnerReceiver {
  return receiver as unknown as InnerReceiver;
}

function getInnerUdp(udp: VoiceUDPSocket) {
  return udp as unknown as InnerUdp;
}

/** Shows how many heartbeats of a voice socket have had no answer, which the typings hide. */
export function getInnerSocket(socket: VoiceWebSocket): InnerSocket {
  return socket as unknown as InnerSocket;
}

/** Room for 1,250 datagrams, a second of 25 speakers, at 1.3 kB each in the kernel. */
const receiveBufferBytes = 2 * 1024 * 1024;
const brokenLibrary = 'A message of the voice server broke the voice library.';
const maxRefusedMessages = 16;
/** Source: Discord docs, "Voice Opcodes", and the DAVE protocol. */
const opcodes = {
  ready: 2,
  speaking: 5,
  clientsConnect: 11,
  clientDisconnect: 13,
  announceCommit: 29,
  welcome: 30,
};
/** The library asks once for the outside address and waits for ever. */
const askAgainMs = 500;

export type NetworkingOptions = {
  readonly timing: SyncTiming;
  /** Called with each datagram of the voice server. */
  readonly onDatagram: (datagram: Buffer) => void;
  /** The cipher to ask for, if the voice server offers it. Undefined: the library's choice. */
  readonly cipher?: CipherMode | undefined;
};

/** Repairs each socket of a networking as it opens. Call this once for each networking. */
export function patchNetworking(
  networking: Networking,
  options: NetworkingOptions,
): void {
  let socket: VoiceWebSocket | undefined;
  let [udp, connectedUdp]: [VoiceUDPSocket?, VoiceUDPSocket?] = [];
  const followState = (state: NetworkingState) => {
    if ('ws' in state && state.ws !== socket) {
      socket = state.ws;
      guardMessages(socket);
      preferCipher(socket, options.cipher);
    }
    if ('udp' in state && state.udp !== udp) {
      udp = state.udp;
      enlargeReceiveBuffer(udp);
      udp.on('message', options.onDatagram);
      repeatDiscovery(networking, options.timing);
    }
    if (state.code !== NetworkingStatusCode.Ready) return;
    useKeyObject(state.connectionData);
    if (udp !== connectedUdp) connectSocket(state.udp);
    connectedUdp = udp;
  };
  networking.on('stateChange', (_, state) => followState(state));
  followState(networking.state);
}

/**
 * Turns errors of JSON messages into `error` events, and retries early proposals of the
 * end-to-end group.
 */
export function guardMessages(socket: VoiceWebSocket): void {
  // Proposals before op 11 are tried again after it, until the next epoch.
  const handleInLibrary = socket.onMessage.bind(socket);
  let refusedMessages: readonly MessageEvent[] = [];
  const handleMessage = (event: MessageEvent) => {
    try {
      handleInLibrary(event);
    } catch (cause) {
      if (event.data instanceof Buffer)
        refusedMessages = [...refusedMessages, event].slice(-maxRefusedMessages);
      else socket.emit('error', new BotError('link.lost', true, brokenLibrary, cause));
    }
  };
  socket.onMessage = handleMessage;
  socket.on('packet', ({ op }) => {
    if (op !== opcodes.clientsConnect) return;
    const { sequence } = socket;
    const messages = refusedMessages;
    refusedMessages = [];
    for (const message of messages) handleMessage(message);
    socket.sequence = sequence; // the library took it back to that of the old message
  });
  socket.on('binary', ({ op }) => {
    if (op === opcodes.announceCommit || op === opcodes.welcome) refusedMessages = [];
  });
}

/** Puts a cipher first among those that a voice server offers, of which the library takes the first that it knows. */
function preferCipher(socket: VoiceWebSocket, cipher: CipherMode | undefined) {
  if (!cipher) return;
  socket.prependListener('packet', (packet) => {
    if (packet.op !== opcodes.ready) return;
    const { d } = packet as { readonly d: { readonly modes: string[] } };
    d.modes.sort((a, b) => Number(b === cipher) - Number(a === cipher));
  });
}

function enlargeReceiveBuffer(udp: VoiceUDPSocket) {
  const { socket } = getInnerUdp(udp);
  socket.once('listening', () => socket.setRecvBufferSize(receiveBufferBytes));
}

/** Connects a UDP socket to the voice server. Does nothing without an IP address of it. */
export function connectSocket(udp: VoiceUDPSocket): void {
  const { socket, remote } = getInnerUdp(udp);
  if (isIP(remote.ip) === 0) return;
  try {
    // The kernel then drops datagrams of other senders.
    socket.connect(remote.port, remote.ip, (error?) => {
      if (!error) udp.send = (datagram) => socket.send(datagram);
    });
  } catch {
    // A former link over the same connection has connected it.
  }
}

function repeatDiscovery(networking: Networking, timing: SyncTiming) {
  timing.later(askAgainMs, () => {
    if (networking.state.code !== NetworkingStatusCode.UdpHandshaking) return;
    askAddress(networking);
    repeatDiscovery(networking, timing);
  });
}

/** Asks the voice server for our outside address. Does nothing before there is a UDP socket. */
export function askAddress(networking: Networking | undefined): void {
  const state = networking?.state;
  if (!state || !('udp' in state)) return;
  state.udp.send(createAddressRequest(state.connectionData.ssrc ?? 0));
}

function useKeyObject(key: InnerKey) {
  if (key.encryptionMode !== 'aead_aes256_gcm_rtpsize') return;
  if (key.secretKey instanceof Uint8Array)
    key.secretKey = createSecretKey(key.secretKey);
}

/** Finds the networking of a connection. Undefined while it signals, and once it has ended. */
export function findNetworking({ state }: VoiceConnection): Networking | undefined {
  return 'networking' in state ? state.networking : undefined;
}

/** Finds the end-to-end session of a connection. Undefined in a call without DAVE. */
export function findDaveSession(connection: VoiceConnection): DAVESession | undefined {
  const state = findNetworking(connection)?.state;
  return state && 'dave' in state ? state.dave : undefined;
}

/** Nonce bytes by mode (Discord docs, "Transport Encryption Modes"). */
const nonceBytes = {
  aead_aes256_gcm_rtpsize: 12,
  aead_xchacha20_poly1305_rtpsize: 24,
};

export type CipherMode = keyof typeof nonceBytes;

/** Each packet throws until the library has imported its ciphers. */
const [loadTries, loadPauseMs] = [100, 10];

/** Creates a nonce of zeros, as long as the mode needs. */
export function createEmptyNonce(mode: CipherMode): Buffer {
  return Buffer.alloc(nonceBytes[mode]);
}

/** Encrypts a datagram as the library sends it. `nonce` counts from 0. */
export function sealPacket(
  mode: CipherMode,
  opus: Buffer,
  key: Buffer | KeyObject,
  ssrc = 1,
  nonce = 0,
): Buffer {
  const networking: { createAudioPacket(opus: Buffer, connection: object): Buffer } =
    Object.create(Networking.prototype);
  return networking.createAudioPacket(opus, {
    sequence: 7,
    timestamp: 960,
    ssrc,
    nonce,
    nonceBuffer: createEmptyNonce(mode),
    secretKey: key,
    encryptionMode: mode,
  });
}

/**
 * Encrypts and decrypts a packet in each mode. Returns the package for
 * XChaCha20-Poly1305.
 */
export async function proveCiphers(
  clock: Pick<Clock, 'sleep'>,
  signal: AbortSignal,
): Promise<string> {
  for (let triesLeft = loadTries; ; triesLeft--) {
    try {
      for (const mode of Object.keys(nonceBytes)) proveCipher(mode as CipherMode);
      return await findXchachaPackage();
    } catch (error) {
      if (triesLeft === 0) throw error;
    }
    await clock.sleep(loadPauseMs, signal);
  }
}

function proveCipher(mode: CipherMode) {
  const [opus, key] = [randomBytes(160), randomBytes(32)];
  const datagram = sealPacket(mode, opus, key);
  const receiver: InnerReceiver = Object.create(VoiceReceiver.prototype);
  if (!receiver.decrypt(datagram, mode, createEmptyNonce(mode), key).equals(opus))
    throw new Error(`${mode} opens another packet than it sealed`);
}

function findXchachaPackage() {
  return import('#src/discord/library/sodium-names.ts').then(
    () => 'sodium-native',
    () => '@noble/ciphers',
  );
}
