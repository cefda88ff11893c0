import { createCipheriv, createDecipheriv, createSecretKey } from 'node:crypto';

/** One direction's key. `head` stays readable and is authenticated; `sealed` ends with the tag. */
export interface VoiceCipher {
  seal(head: Uint8Array, plain: Uint8Array, counter: number): Uint8Array;
  /** Undefined if anything was changed or the key is another. */
  open(head: Uint8Array, sealed: Uint8Array, counter: number): Buffer | undefined;
}

/** Encryption of voice between a client and the server. */
export const encryptionMode = 'aead_aes256_gcm_rtpsize';

export const tagBytes = 16;

/** Cipher of `encryptionMode`; its nonce is the counter, then zeros (Discord docs, "Transport Encryption Modes"). */
export function voiceCipher(bytes: Uint8Array): VoiceCipher {
  // Bytes would be made a key for every packet, which takes three times as long as the packet.
  const key = createSecretKey(bytes);
  return {
    seal(head, plain, counter) {
      const cipher = createCipheriv('aes-256-gcm', key, nonceOf(counter));
      cipher.setAAD(head);
      return Buffer.concat([cipher.update(plain), cipher.final(), cipher.getAuthTag()]);
    },
    open(head, sealed, counter) {
      const tagAt = sealed.length - tagBytes;
      const decipher = createDecipheriv('aes-256-gcm', key, nonceOf(counter));
      decipher.setAAD(head);
      decipher.setAuthTag(sealed.subarray(tagAt));
      return unlessWrong(() => {
        const plain = decipher.update(sealed.subarray(0, tagAt));
        return Buffer.concat([plain, decipher.final()]);
      });
    },
  };
}

function nonceOf(counter: number): Buffer {
  const nonce = Buffer.alloc(12);
  nonce.writeUInt32BE(counter);
  return nonce;
}

/** OpenSSL throws when the tag does not fit. */
function unlessWrong(open: () => Buffer): Buffer | undefined {
  try {
    return open();
  } catch {
    return undefined;
  }
}
