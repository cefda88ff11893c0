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
export function parseSsrc(datagram: Buffer) {
  if (datagram.length < 12 + tagBytes + counterBytes) return undefined;
  const [first = 0, second = 0] = datagram;
  if (first >> 6 !== 2 || (second & 0x7f) !== opusPayloadType) return undefined;
  return datagram.readUInt32BE(8);
}

/**
 * Decrypts the packet in `datagram`. Undefined if it is no voice packet or the cipher
 * does not fit. `rtpsize`: the header with CSRCs and the four bytes that announce an
 * extension stays readable and is authenticated. The extension's body is encrypted with
 * the payload
 * (https://discord.com/developers/docs/topics/voice-connections#transport-encryption-and-sending-voice).
 */
export function decryptPacket(
  datagram: Buffer,
  cipher: VoiceCipher,
): VoicePacket | undefined {
  const ssrc = parseSsrc(datagram);
  const [first = 0] = datagram;
  const extended = (first & 0x10) !== 0;
  const headBytes = 12 + 4 * (first & 0x0f) + (extended ? 4 : 0);
  if (ssrc === undefined || datagram.length < headBytes + tagBytes + counterBytes)
    return undefined;
  const counterAt = datagram.length - counterBytes;
  const counter = datagram.readUInt32BE(counterAt);
  const [head, sealed] = [
    datagram.subarray(0, headBytes),
    datagram.subarray(headBytes, counterAt),
  ];
  const plain = cipher.open(head, sealed, counter);
  if (!plain) return undefined;
  const skipped = extended ? 4 * datagram.readUInt16BE(headBytes - 2) : 0;
  const padding = (first & 0x20) === 0 ? 0 : (plain.at(-1) ?? 0);
  if (skipped + padding > plain.length) return undefined;
  return {
    sequence: datagram.readUInt16BE(2),
    timestamp: datagram.readUInt32BE(4),
    ssrc,
    payload: plain.subarray(skipped, plain.length - padding),
  };
}

/**
 * Makes datagrams for one receiver. Counts its nonces.
 *
 * With `extended` each carries a one-byte header extension (RFC 8285) with a transport-wide sequence number, since
 * packets of Discord have one, and those of clients have none.
 */
export class PacketSealer {
  readonly #cipher: VoiceCipher;
  readonly #extended: boolean;
  #counter = 0;

  constructor(cipher: VoiceCipher, extended: boolean) {
    this.#cipher = cipher;
    this.#extended = extended;
  }

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
    const head = Buffer.alloc(this.#extended ? 16 : 12);
    head.writeUInt8((this.#extended ? 0x90 : 0x80) | (paddingBytes > 0 ? 0x20 : 0), 0);
    head.writeUInt8(payloadType, 1);
    head.writeUInt16BE(sequence, 2);
    head.writeUInt32BE(timestamp, 4);
    head.writeUInt32BE(ssrc, 8);
    if (!this.#extended) return this.#encryptPayload(head, payload);
    head.writeUInt16BE(oneByteExtension, 12);
    head.writeUInt16BE(1, 14);
    const count = this.#counter & 0xffff;
    return this.#encryptPayload(
      head,
      Buffer.concat([Buffer.of(0x31, count >> 8, count & 0xff, 0), payload]),
    );
  }

  #encryptPayload(head: Buffer, plain: Buffer): Buffer {
    const counter = Buffer.alloc(counterBytes);
    counter.writeUInt32BE(this.#counter);
    return Buffer.concat([
      head,
      this.#cipher.seal(head, plain, this.#counter),
      counter,
    ]);
  }
}

const discoveryBytes = 74;

/**
 * Parses the SSRC that an IP discovery request names. Undefined for any other datagram.
 */
export function parseDiscovery(datagram: Buffer) {
  const asks =
    datagram.length === discoveryBytes && datagram.readUInt32BE(0) === 0x0001_0046;
  return asks ? datagram.readUInt32BE(4) : undefined;
}

/**
 * Encodes IP discovery: type 1 asks, type 2 answers with the address that the server
 * sees (https://discord.com/developers/docs/topics/voice-connections#ip-discovery).
 */
export function encodeDiscovery(ssrc: number, seen?: UdpPeer): Buffer {
  const datagram = Buffer.alloc(discoveryBytes);
  datagram.writeUInt16BE(seen ? 2 : 1, 0);
  datagram.writeUInt16BE(70, 2);
  datagram.writeUInt32BE(ssrc, 4);
  if (!seen) return datagram;
  datagram.write(seen.address, 8);
  datagram.writeUInt16BE(seen.port, discoveryBytes - 2);
  return datagram;
}

/**
 * Parses the address in an answer to IP discovery. Undefined for any other datagram.
 */
export function parseDiscoveredAddress(datagram: Buffer): UdpPeer | undefined {
  const answers =
    datagram.length === discoveryBytes && datagram.readUInt32BE(0) === 0x0002_0046;
  if (!answers) return undefined;
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
export type VoiceCipher = {
  /**
   * Encrypts `plain`. `head` stays readable and is authenticated. The sealed part ends
   * with the tag.
   */
  seal(head: Uint8Array, plain: Uint8Array, counter: number): Buffer;
  /** Decrypts `sealed`. Undefined if anything was changed or the key is another. */
  open(head: Uint8Array, sealed: Uint8Array, counter: number): Buffer | undefined;
};

const tagBytes = 16;

/** Opens the cipher of `mode`. Its nonce is the counter, then zeros (https://discord.com/developers/docs/topics/voice-connections#transport-encryption-modes). */
export function makeVoiceCipher(mode: EncryptionMode, key: Uint8Array): VoiceCipher {
  return mode === 'aead_aes256_gcm_rtpsize'
    ? makeAesCipher(key)
    : makeXchachaCipher(key);
}

function makeAesCipher(bytes: Uint8Array): VoiceCipher {
  // Bytes would be made a key for every packet, which takes three times as long as the packet.
  const key = createSecretKey(bytes);
  return {
    seal(head, plain, counter) {
      const cipher = createCipheriv('aes-256-gcm', key, toNonce(counter, 12));
      cipher.setAAD(head);
      return Buffer.concat([cipher.update(plain), cipher.final(), cipher.getAuthTag()]);
    },
    open(head, sealed, counter) {
      const tagAt = sealed.length - tagBytes;
      const decipher = createDecipheriv('aes-256-gcm', key, toNonce(counter, 12));
      decipher.setAAD(head);
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
function makeXchachaCipher(key: Uint8Array): VoiceCipher {
  const cipher = (head: Uint8Array, counter: number) =>
    xchacha20poly1305(key, toNonce(counter, 24), head);
  return {
    seal: (head, plain, counter) => Buffer.from(cipher(head, counter).encrypt(plain)),
    open: (head, sealed, counter) =>
      undefinedOnThrow(() => Buffer.from(cipher(head, counter).decrypt(sealed))),
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
