import type { Socket } from 'node:dgram';
import type { EventEmitter } from 'node:events';
import type {
  DAVESession,
  Networking,
  NetworkingState,
  VoiceConnection,
  VoiceReceiver,
  VoiceUDPSocket,
  VoiceWebSocket,
} from '@discordjs/voice';

/** The voice library's cipher modes, as servers name them. */
export const cipherModes = ['aead_aes256_gcm_rtpsize', 'aead_xchacha20_poly1305_rtpsize'] as const;
export type CipherMode = (typeof cipherModes)[number];

/** Part of a connection that Networking.createAudioPacket reads. */
type Sealing = {
  sequence: number;
  timestamp: number;
  ssrc: number;
  nonce: number;
  nonceBuffer: Buffer;
  secretKey: Uint8Array;
  encryptionMode: string;
};

/** Private parts of @discordjs/voice 0.19.2 we stand on; `checkVoiceHooks` proves them at start. */
type InnerReceiver = {
  parsePacket(
    datagram: Buffer,
    mode: string,
    nonce: Buffer,
    key: Uint8Array,
    speakerId: string,
  ): Buffer | null;
};
type InnerConnection = { updateReceiveBindings(state: { readonly udp: EventEmitter }): void };
type InnerNetworking = { createAudioPacket(opus: Buffer, sealing: Sealing): Buffer };
type InnerUdp = {
  readonly socket: EventEmitter &
    Pick<Socket, 'setRecvBufferSize' | 'getRecvBufferSize' | 'address' | 'send'> & {
      /** Node's own signature; its typings know of no error. */
      connect(port: number, ip: string, done: (error?: Error) => void): void;
    };
  readonly remote: { readonly ip: string; readonly port: number };
  onMessage(datagram: Buffer): void;
  keepAlive(): void;
};
type InnerDave = { readonly pendingTransitions: ReadonlyMap<number, number> };
/** davey's session; the library's typings name only the methods that it calls itself. */
type InnerGroup = { getUserIds(): readonly string[] };
type InnerSocket = { readonly ws: { terminate(): void }; readonly missedHeartbeats: number };
type InnerSsrcMap = { readonly map: Map<number, { readonly userId: string }> };

// The typings call these members private; each exists in the pinned version.
export const innerReceiver = (receiver: VoiceReceiver) => receiver as unknown as InnerReceiver;
export const innerConnection = (connection: VoiceConnection) =>
  connection as unknown as InnerConnection;
export const innerNetworking = (net: Networking) => net as unknown as InnerNetworking;
export const innerUdp = (udp: VoiceUDPSocket) => udp as unknown as InnerUdp;
export const innerGroup = (session: NonNullable<DAVESession['session']>) =>
  session as unknown as InnerGroup;
const innerDave = (dave: DAVESession) => dave as unknown as InnerDave;
export const innerSsrcMap = (receiver: VoiceReceiver) =>
  receiver.ssrcMap as unknown as InnerSsrcMap;

/** Ends a voice socket without the close handshake, for which `ws` would wait 30 s; the library resumes then. */
export function cutSocket(ws: VoiceWebSocket): void {
  (ws as unknown as InnerSocket).ws.terminate();
}

/** Heartbeats of a voice socket since the last answer to one. */
export function missedHeartbeats(ws: VoiceWebSocket): number {
  return (ws as unknown as InnerSocket).missedHeartbeats;
}

/** The connection's networking, in the states that have one. */
export function networkingOf({ state }: VoiceConnection): Networking | undefined {
  return 'networking' in state ? state.networking : undefined;
}

export function udpOf(state: NetworkingState): VoiceUDPSocket | undefined {
  return 'udp' in state ? state.udp : undefined;
}

export function socketOf(state: NetworkingState): VoiceWebSocket | undefined {
  return 'ws' in state ? state.ws : undefined;
}

/** Whether the end-to-end group could open a frame now: it is ready, and no change of keys is under way. */
export function opensFrames(connection: VoiceConnection): boolean {
  const dave = daveOf(connection);
  if (!dave?.session?.ready || dave.reinitializing) return false;
  return innerDave(dave).pendingTransitions.size === 0;
}

/** Whether a person who is connected (op 11) is missing from the open end-to-end group: the message about them was lost. */
export function groupLacksSomebody(connection: VoiceConnection): boolean {
  const [state, dave] = [networkingOf(connection)?.state, daveOf(connection)];
  if (!state || !('connectionData' in state) || !dave?.session?.ready) return false;
  const members = new Set(innerGroup(dave.session).getUserIds());
  return [...state.connectionData.connectedClients].some((id) => !members.has(id));
}

/** Throws the end-to-end group away and asks for another one; the library does not, after a sole-member reset. */
export function resetGroup(connection: VoiceConnection): void {
  const dave = daveOf(connection);
  dave?.recoverFromInvalidTransition(dave.lastTransitionId ?? 0);
}

/** The end-to-end session; undefined in a call without DAVE. */
export function daveOf(connection: VoiceConnection): DAVESession | undefined {
  const state = networkingOf(connection)?.state;
  return state && 'dave' in state ? state.dave : undefined;
}
