import {
  type CipherMode,
  createEmptyNonce,
  sealPacket,
} from '#src/discord/link/voice-library.ts';

/** The mode of the datagrams here. */
export const mode: CipherMode = 'aead_aes256_gcm_rtpsize';

/** What a connection of the library knows of the encryption. */
export function makeEncryption(key: Buffer) {
  return { encryptionMode: mode, nonceBuffer: createEmptyNonce(mode), secretKey: key };
}

/** A datagram of the pinned library, as it would leave for Discord; `nonce` counts from 0. */
export function makeSealedDatagram(opus: Buffer, key: Buffer, ssrc: number, nonce = 0) {
  return sealPacket(mode, opus, key, ssrc, nonce);
}

/** A voice socket of the library without its keep-alive; `arrive` gives it a datagram. */
export type UnboundSocket = {
  readonly socket: { emit(name: 'message', datagram: Buffer): void };
  keepAlive(): void;
};
