import { createCipheriv, createDecipheriv, createSecretKey } from 'node:crypto';

/** One direction's key. */
export type VoiceCipher = ReturnType<typeof voiceCipher>;

/** Encryption of voice between a client and the server. */
export const encryptionMode = 'aead_aes256_gcm_rtpsize';

export const tagBytes = 16;

/** Cipher of `encryptionMode`; its nonce is the counter, then zeros (Discord docs, "Transport Encryption Modes"). */
export function voiceCipher(bytes: Uint8Array) {
  // Bytes would be made a key for every packet, which takes three times as long as the packet.
  const key = createSecretKey(bytes);
  return {
    /** `head` stays readable and is authenticated; what is sealed ends with the tag. */
    seal(head: Uint8Array, plain: Uint8Array, counter: number): Buffer {
      const cipher = createCipheriv('aes-256-gcm', key, nonceOf(counter));
      cipher.setAAD(head);
      return Buffer.concat([cipher.update(plain), cipher.final(), cipher.getAuthTag()]);
    },
    /** Undefined if anything was changed or the key is another: OpenSSL throws when the tag does not fit. */
    open(head: Uint8Array, sealed: Uint8Array, counter: number): Buffer | undefined {
      const tagAt = sealed.length - tagBytes;
      const decipher = createDecipheriv('aes-256-gcm', key, nonceOf(counter));
      decipher.setAAD(head);
      decipher.setAuthTag(sealed.subarray(tagAt));
      try {
        return Buffer.concat([decipher.update(sealed.subarray(0, tagAt)), decipher.final()]);
      } catch {
        return undefined;
      }
    },
  };
}

function nonceOf(counter: number): Buffer {
  const nonce = Buffer.alloc(12);
  nonce.writeUInt32BE(counter);
  return nonce;
}
