import { createCipheriv, createDecipheriv, createSecretKey } from 'node:crypto';
import { xchacha20poly1305 } from '@noble/ciphers/chacha.js';

/** One 20 ms voice packet without its transport. */
export type VoicePacket = {
  readonly sequence: number;
  readonly timestamp: number;
  readonly ssrc: number;
  /** Opus, or Opus sealed end to end. */
  readonly payload: Buffer;
  /** Bytes behind the payload that mean nothing, with the last one, their number (RFC 3550, section 5.1). Default: none. */
  readonly paddingBytes?: number;
  /** Default: that of Opus. */
  readonly payloadType?: number;
};

/** Where a UDP peer is. */
export type UdpPeer = { readonly address: string; readonly port: number };

const opusPayloadType = 120;
const counterBytes = 4;
const oneByteExtension = 0xbede;

/** Parses the SSRC in the header. Undefined for a datagram that is no voice packet. */
export function parseSsrc(datagram: Buffer): number | undefined {
  if (datagram.length < 12 + tagBytes + counterBytes) return undefined;
  const [flags = 0, typeByte = 0] = datagram;
  if (flags >> 6 !== 2 || (typeByte & 0x7f) !== opusPayloadType) return undefined;
  return datagram.readUInt32BE(8);
}

/**
 * Decrypts the packet in `datagram`. Undefined if it is no voice packet or the cipher
 * does not fit. In both modes (`rtpsize`) the header with CSRCs and the four bytes that announce an
 * extension stays readable and is authenticated. The extension's body is encrypted with
 * the payload
 * (https://discord.com/developers/docs/topics/voice-connections#transport-encryption-and-sending-voice).
 */
export function decryptPacket(
  datagram: Buffer,
  cipher: PacketCipher,
): VoicePacket | undefined {
  const ssrc = parseSsrc(datagram);
  const [flags = 0] = datagram;
  const isExtended = (flags & 0x10) !== 0;
  const headerBytes = 12 + 4 * (flags & 0x0f) + (isExtended ? 4 : 0);
  if (ssrc === undefined || datagram.length < headerBytes + tagBytes + counterBytes)
    return undefined;
  const counterAt = datagram.length - counterBytes;
  const counter = datagram.readUInt32BE(counterAt);
  const header = datagram.subarray(0, headerBytes);
  const sealed = datagram.subarray(headerBytes, counterAt);
  const plain = cipher.open(header, sealed, counter);
  if (!plain) return undefined;
  const extensionBytes = isExtended ? 4 * datagram.readUInt16BE(headerBytes - 2) : 0;
  const paddingBytes = (flags & 0x20) === 0 ? 0 : (plain.at(-1) ?? 0);
  if (extensionBytes + paddingBytes > plain.length) return undefined;
  return {
    sequence: datagram.readUInt16BE(2),
    timestamp: datagram.readUInt32BE(4),
    ssrc,
    payload: plain.subarray(extensionBytes, plain.length - paddingBytes),
  };
}

/**
 * Makes datagrams for one receiver. Counts its nonces.
 *
 * With `extended` each carries a one-byte header extension (RFC 8285) with a transport-wide sequence number, since
 * packets of Discord have one, and those of clients have none.
 */
export class PacketSealer {
  readonly #cipher: PacketCipher;
  readonly #extended: boolean;
  #counter = 0;

  constructor(cipher: PacketCipher, extended: boolean) {
    this.#cipher = cipher;
    this.#extended = extended;
  }

  /** Makes the datagram of one packet, and counts it. */
  sealPacket(packet: VoicePacket): Buffer {
    const {
      sequence,
      timestamp,
      ssrc,
      paddingBytes = 0,
      payloadType = opusPayloadType,
    } = packet;
    const payload = Buffer.concat([
      packet.payload,
      Buffer.alloc(paddingBytes, paddingBytes),
    ]);
    this.#counter = (this.#counter + 1) >>> 0;
    const header = Buffer.alloc(this.#extended ? 16 : 12);
    header.writeUInt8(
      (this.#extended ? 0x90 : 0x80) | (paddingBytes > 0 ? 0x20 : 0),
      0,
    );
    header.writeUInt8(payloadType, 1);
    header.writeUInt16BE(sequence, 2);
    header.writeUInt32BE(timestamp, 4);
    header.writeUInt32BE(ssrc, 8);
    if (!this.#extended) return this.#encryptPayload(header, payload);
    header.writeUInt16BE(oneByteExtension, 12);
    header.writeUInt16BE(1, 14);
    const count = this.#counter & 0xffff;
    return this.#encryptPayload(
      header,
      Buffer.concat([Buffer.of(0x31, count >> 8, count & 0xff, 0), payload]),
    );
  }

  #encryptPayload(header: Buffer, plain: Buffer): Buffer {
    const counter = Buffer.alloc(counterBytes);
    counter.writeUInt32BE(this.#counter);
    return Buffer.concat([
      header,
      this.#cipher.seal(header, plain, this.#counter),
      counter,
    ]);
  }
}

const discoveryBytes = 74;

/**
 * Parses the SSRC that an IP discovery request names. Undefined for any other datagram.
 */
export function parseDiscovery(datagram: Buffer): number | undefined {
  const isRequest =
    datagram.length === discoveryBytes && datagram.readUInt32BE(0) === 0x0001_0046;
  return isRequest ? datagram.readUInt32BE(4) : undefined;
}

/**
 * Encodes IP discovery: type 1 asks, type 2 answers with the address that the server
 * sees (https://discord.com/developers/docs/topics/voice-connections#ip-discovery).
 */
export function encodeDiscovery(ssrc: number, seenAddress?: UdpPeer): Buffer {
  const datagram = Buffer.alloc(discoveryBytes);
  datagram.writeUInt16BE(seenAddress ? 2 : 1, 0);
  datagram.writeUInt16BE(70, 2);
  datagram.writeUInt32BE(ssrc, 4);
  if (!seenAddress) return datagram;
  datagram.write(seenAddress.address, 8);
  datagram.writeUInt16BE(seenAddress.port, discoveryBytes - 2);
  return datagram;
}

/**
 * Parses the address in an answer to IP discovery. Undefined for any other datagram.
 */
export function parseDiscoveredAddress(datagram: Buffer): UdpPeer | undefined {
  const isAnswer =
    datagram.length === discoveryBytes && datagram.readUInt32BE(0) === 0x0002_0046;
  if (!isAnswer) return undefined;
  const address = datagram.toString('latin1', 8, Math.max(8, datagram.indexOf(0, 8)));
  return { address, port: datagram.readUInt16BE(discoveryBytes - 2) };
}

/** Modes of encryption between a client and the server, as Discord names them. */
export const encryptionModes = [
  'aead_aes256_gcm_rtpsize',
  'aead_xchacha20_poly1305_rtpsize',
] as const;

export type EncryptionMode = (typeof encryptionModes)[number];

/** Cipher of one direction. */
export type PacketCipher = {
  /**
   * Encrypts `plain`. `header` stays readable and is authenticated. The sealed part ends
   * with the tag.
   */
  seal(header: Uint8Array, plain: Uint8Array, counter: number): Buffer;
  /** Decrypts `sealed`. Undefined if anything was changed or the key is another. */
  open(header: Uint8Array, sealed: Uint8Array, counter: number): Buffer | undefined;
};

const tagBytes = 16;

/** Opens the cipher of `mode`. Its nonce is the counter, then zeros (https://discord.com/developers/docs/topics/voice-connections#transport-encryption-modes). */
export function makeVoiceCipher(mode: EncryptionMode, key: Uint8Array): PacketCipher {
  return mode === 'aead_aes256_gcm_rtpsize'
    ? makeAesCipher(key)
    : makeXchachaCipher(key);
}

function makeAesCipher(bytes: Uint8Array): PacketCipher {
  // Bytes would be made a key for every packet, which takes three times as long as the packet.
  const key = createSecretKey(bytes);
  return {
    seal(header, plain, counter) {
      const cipher = createCipheriv('aes-256-gcm', key, toNonce(counter, 12));
      cipher.setAAD(header);
      return Buffer.concat([cipher.update(plain), cipher.final(), cipher.getAuthTag()]);
    },
    open(header, sealed, counter) {
      const tagAt = sealed.length - tagBytes;
      const decipher = createDecipheriv('aes-256-gcm', key, toNonce(counter, 12));
      decipher.setAAD(header);
      decipher.setAuthTag(sealed.subarray(tagAt));
      return undefinedOnThrow(() =>
        Buffer.concat([decipher.update(sealed.subarray(0, tagAt)), decipher.final()]),
      );
    },
  };
}

/**
 * Makes XChaCha20-Poly1305 by a library that the bot takes only where sodium-native is
 * missing, so that two implementations meet.
 */
function makeXchachaCipher(key: Uint8Array): PacketCipher {
  const openCipher = (header: Uint8Array, counter: number) =>
    xchacha20poly1305(key, toNonce(counter, 24), header);
  return {
    seal: (header, plain, counter) =>
      Buffer.from(openCipher(header, counter).encrypt(plain)),
    open: (header, sealed, counter) =>
      undefinedOnThrow(() => Buffer.from(openCipher(header, counter).decrypt(sealed))),
  };
}

/** Returns undefined where the library throws, as when the tag does not fit. */
function undefinedOnThrow(open: () => Buffer) {
  try {
    return open();
  } catch {
    return undefined;
  }
}

function toNonce(counter: number, bytes: 12 | 24): Buffer {
  const nonce = Buffer.alloc(bytes);
  nonce.writeUInt32BE(counter);
  return nonce;
}
