import { createCipheriv, createDecipheriv, createSecretKey } from 'node:crypto';
import { xchacha20poly1305 } from '@noble/ciphers/chacha.js';
import type { EncryptionMode } from './voice-ports.ts';

/** One direction's key in one mode. `head` stays readable and is authenticated; `sealed` ends with the tag. */
export interface VoiceCipher {
  seal(head: Uint8Array, plain: Uint8Array, counter: number): Uint8Array;
  /** Undefined if anything was changed or the key is another. */
  open(head: Uint8Array, sealed: Uint8Array, counter: number): Buffer | undefined;
}

/** All there are, in the order Discord offers them. */
export const encryptionModes: readonly EncryptionMode[] = [
  'aead_aes256_gcm_rtpsize',
  'aead_xchacha20_poly1305_rtpsize',
];

export const tagBytes = 16;

/** Cipher of an encryption mode; the nonce of both is the counter, then zeros (Discord docs, "Transport Encryption Modes"). */
export function voiceCipher(mode: EncryptionMode, key: Uint8Array): VoiceCipher {
  return mode === 'aead_aes256_gcm_rtpsize' ? aesGcm(key) : xChaCha(key);
}

function aesGcm(bytes: Uint8Array): VoiceCipher {
  // Bytes would be made a key for every packet, which takes three times as long as the packet.
  const key = createSecretKey(bytes);
  return {
    seal(head, plain, counter) {
      const cipher = createCipheriv('aes-256-gcm', key, nonceOf(12, counter));
      cipher.setAAD(head);
      return Buffer.concat([cipher.update(plain), cipher.final(), cipher.getAuthTag()]);
    },
    open(head, sealed, counter) {
      const tagAt = sealed.length - tagBytes;
      const decipher = createDecipheriv('aes-256-gcm', key, nonceOf(12, counter));
      decipher.setAAD(head);
      decipher.setAuthTag(sealed.subarray(tagAt));
      return unlessWrong(() => {
        const plain = decipher.update(sealed.subarray(0, tagAt));
        return Buffer.concat([plain, decipher.final()]);
      });
    },
  };
}

function xChaCha(key: Uint8Array): VoiceCipher {
  const cipher = (head: Uint8Array, counter: number) =>
    xchacha20poly1305(key, nonceOf(24, counter), head);
  return {
    seal: (head, plain, counter) => cipher(head, counter).encrypt(plain),
    open: (head, sealed, counter) =>
      unlessWrong(() => Buffer.from(cipher(head, counter).decrypt(sealed))),
  };
}

function nonceOf(sizeBytes: number, counter: number): Buffer {
  const nonce = Buffer.alloc(sizeBytes);
  nonce.writeUInt32BE(counter);
  return nonce;
}

/** Both libraries throw when the tag does not fit. */
function unlessWrong(open: () => Buffer): Buffer | undefined {
  try {
    return open();
  } catch {
    return undefined;
  }
}
