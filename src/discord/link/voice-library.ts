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

/**
 * Private members of @discordjs/voice 0.19.2, and of the sockets and the end-to-end group below it, each with the reason why it is
 * used; test/discord/link tells where another version has changed them.
 */

type InnerReceiver = {
  /** Opens the transport's encryption. The library's own way to it needs a stream for each speaker, and gives the group what is padding. */
  decrypt(datagram: Buffer, mode: string, nonce: Buffer, key: Uint8Array): Buffer;
  /** `map`: the library has no way to forget all sources. */
  readonly ssrcMap: { readonly map: Map<number, { readonly userId: PersonId }> };
};
/** `createAudioPacket` seals one packet, as a check of the ciphers needs it. */
type InnerNetworking = { createAudioPacket(opus: Buffer, connection: object): Buffer };
/** The socket, whose buffer and peer the library leaves as the system makes them. */
type InnerUdp = {
  readonly socket: Pick<Socket, 'once' | 'setRecvBufferSize' | 'send'> & {
    /** Node's own signature; its typings know of no error. */
    connect(port: number, ip: string, done: (error?: Error) => void): void;
  };
  readonly remote: { readonly ip: string; readonly port: number };
};
/** The library ends a silent socket later than a link is to be silent. */
type InnerSocket = { readonly missedHeartbeats: number };
type MessageEvent = Parameters<VoiceWebSocket['onMessage']>[0];
/** Node's ciphers take a key object at once, and make it anew from bytes for each packet, which takes longer than the cipher. */
type InnerKey = { readonly encryptionMode: string; secretKey: Uint8Array | KeyObject };

// The typings call these members private.
export const getInnerReceiver = (receiver: VoiceReceiver) =>
  receiver as unknown as InnerReceiver;
const getInnerUdp = (udp: VoiceUDPSocket) => udp as unknown as InnerUdp;
export const getInnerSocket = (ws: VoiceWebSocket) => ws as unknown as InnerSocket;

/** A stall of a second with 25 people talking: 1,250 datagrams, for each of which the kernel counts about 1.3 kB. */
const receiveBufferBytes = 2 * 1024 * 1024;
const brokenLibrary = 'A message of the voice server broke the voice library.';
/** Messages of the group that wait for a person to be announced; the oldest go first. */
const maxRefused = 16;
/** Opcodes of the voice gateway (Discord docs, "Voice Opcodes"; DAVE protocol). */
export const opcodes = {
  speaking: 5,
  clientsConnect: 11,
  clientDisconnect: 13,
  announceCommit: 29,
  welcome: 30,
};
/** The library asks once for our outside address, and waits for ever. */
const askAgainMs = 500;
const discoveryBytes = 74;

export type NetworkingOptions = {
  readonly timing: SyncTiming;
  /** Told of each voice socket: a resumed session comes over another one. */
  readonly onSocket: (ws: VoiceWebSocket) => void;
};

/** Mends what the library leaves undone with the sockets of one networking, each as it comes. */
export function patchNetworking(
  networking: Networking,
  options: NetworkingOptions,
): void {
  let ws: VoiceWebSocket | undefined;
  let [udp, connected]: [VoiceUDPSocket?, VoiceUDPSocket?] = [];
  const followState = (state: NetworkingState) => {
    if ('ws' in state && state.ws !== ws) {
      ws = state.ws;
      guardMessages(ws);
      options.onSocket(ws);
    }
    if ('udp' in state && state.udp !== udp) {
      udp = state.udp;
      enlargeReceiveBuffer(udp);
      repeatDiscovery(networking, options.timing);
    }
    if (state.code !== NetworkingStatusCode.Ready) return;
    useKeyObject(state.connectionData);
    if (udp !== connected) connectSocket(state.udp);
    connected = udp;
  };
  networking.on('stateChange', (_, state) => followState(state));
  followState(networking.state);
}

/**
 * Keeps a message that the library throws on from ending the process. JSON comes out as an `error` event with a BotError `link.lost`.
 *
 * Binary messages are for the end-to-end group, which stays as it was when it refuses one. Proposals may name a person before op 11
 * does: those that it refused are tried again after each op 11, until the next epoch.
 */
export function guardMessages(ws: VoiceWebSocket): void {
  const inner = ws.onMessage.bind(ws);
  let refused: readonly MessageEvent[] = [];
  const handleMessage = (event: MessageEvent) => {
    try {
      inner(event);
    } catch (cause) {
      if (event.data instanceof Buffer)
        refused = [...refused, event].slice(-maxRefused);
      else ws.emit('error', new BotError('link.lost', true, brokenLibrary, cause));
    }
  };
  ws.onMessage = handleMessage;
  ws.on('packet', ({ op }) => {
    if (op !== opcodes.clientsConnect) return;
    const [again, { sequence }] = [refused, ws];
    refused = [];
    for (const event of again) handleMessage(event);
    ws.sequence = sequence; // the library took it back to that of the old message
  });
  ws.on('binary', ({ op }) => {
    if (op === opcodes.announceCommit || op === opcodes.welcome) refused = [];
  });
}

/** Enlarges the receive buffer once it is bound, as far as the kernel allows. */
function enlargeReceiveBuffer(udp: VoiceUDPSocket) {
  const { socket } = getInnerUdp(udp);
  socket.once('listening', () => socket.setRecvBufferSize(receiveBufferBytes));
}

/**
 * Makes the voice server the only peer of a bound socket: the kernel then drops datagrams of other senders, and needs no address for
 * each datagram. Without an answer of the kernel the socket stays as it was.
 */
export function connectSocket(udp: VoiceUDPSocket): void {
  const { socket, remote } = getInnerUdp(udp);
  if (isIP(remote.ip) === 0) return;
  try {
    socket.connect(remote.port, remote.ip, (error?: Error) => {
      if (!error) udp.send = (datagram) => socket.send(datagram);
    });
  } catch {
    // A former link over the same connection has connected it.
  }
}

function repeatDiscovery(networking: Networking, timing: SyncTiming) {
  timing.later(askAgainMs, () => {
    const { state } = networking;
    if (state.code !== NetworkingStatusCode.UdpHandshaking) return;
    state.udp.send(createDiscoveryRequest(state.connectionData.ssrc));
    repeatDiscovery(networking, timing);
  });
}

/**
 * Type 1, length 70, our SSRC, then room for the answer:
 * https://docs.discord.com/developers/topics/voice-connections#ip-discovery
 */
function createDiscoveryRequest(ssrc: number) {
  const datagram = Buffer.alloc(discoveryBytes);
  datagram.writeUInt16BE(1, 0);
  datagram.writeUInt16BE(70, 2);
  datagram.writeUInt32BE(ssrc, 4);
  return datagram;
}

function useKeyObject(key: InnerKey) {
  if (key.encryptionMode !== 'aead_aes256_gcm_rtpsize') return;
  if (key.secretKey instanceof Uint8Array)
    key.secretKey = createSecretKey(key.secretKey);
}

/** The connection's networking, in the states that have one. */
export function findNetworking({ state }: VoiceConnection): Networking | undefined {
  return 'networking' in state ? state.networking : undefined;
}

/** The end-to-end session; undefined in a call without DAVE. */
export function findDaveSession(connection: VoiceConnection): DAVESession | undefined {
  const state = findNetworking(connection)?.state;
  return state && 'dave' in state ? state.dave : undefined;
}

/** Bytes of the nonce in each mode that Discord offers (Discord docs, "Transport Encryption Modes"). */
const nonceBytes = {
  aead_aes256_gcm_rtpsize: 12,
  aead_xchacha20_poly1305_rtpsize: 24,
};

export type CipherMode = keyof typeof nonceBytes;

/** The library imports its ciphers while it goes on; until then each packet throws. */
const [loadTries, loadPauseMs] = [100, 10];

export function createEmptyNonce(mode: CipherMode): Buffer {
  return Buffer.alloc(nonceBytes[mode]);
}

/** Makes the datagram of the voice library, as it would leave for Discord; `nonce` counts from 0. */
export function sealPacket(
  mode: CipherMode,
  opus: Buffer,
  key: Buffer,
  ssrc = 1,
  nonce = 0,
): Buffer {
  const networking: InnerNetworking = Object.create(Networking.prototype);
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
 * Seals and opens a packet in each mode by the voice library. Returns the package that serves XChaCha20-Poly1305; AES-256-GCM is
 * Node's own. Errors: those of the library. Aborting `signal` throws its reason.
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
  const opened = receiver.decrypt(datagram, mode, createEmptyNonce(mode), key);
  if (!opened.equals(opus))
    throw new Error(`${mode} opens another packet than it sealed`);
}

/** sodium-native stands first in the library's list, so it serves wherever it loads. */
function findXchachaPackage() {
  const loading = import('#src/discord/library/sodium-names.ts');
  return loading.then(
    () => 'sodium-native',
    () => '@noble/ciphers',
  );
}
