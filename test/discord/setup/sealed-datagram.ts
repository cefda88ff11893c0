import { Networking } from '@discordjs/voice';

/** The mode whose nonce the datagrams here have. */
export const mode = 'aead_aes256_gcm_rtpsize';

export function emptyNonce(): Buffer {
  return Buffer.alloc(12);
}

/** Part of the library that seals a datagram. */
type Sealing = { createAudioPacket(opus: Buffer, connection: object): Buffer };

/** A datagram of the pinned library, as it would leave for Discord; `nonce` counts from 0. */
export function sealedDatagram(opus: Buffer, key: Buffer, ssrc: number, nonce = 0): Buffer {
  const networking: Sealing = Object.create(Networking.prototype);
  return networking.createAudioPacket(opus, {
    sequence: 7,
    timestamp: 960,
    ssrc,
    nonce,
    nonceBuffer: emptyNonce(),
    secretKey: key,
    encryptionMode: mode,
  });
}

/** A voice socket of the library without its keep-alive; `arrive` gives it a datagram. */
export type UnboundSocket = {
  readonly socket: { emit(name: 'message', datagram: Buffer): void };
  keepAlive(): void;
};
