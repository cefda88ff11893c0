import { createHash, type KeyObject, sign } from 'node:crypto';
import { vector } from './mls-bytes.ts';

/** DHKEM P-256, AES-128-GCM, SHA-256, ECDSA P-256: the only one DAVE version 1 uses. */
export const cipherSuite = 2;
/** `mls10`, in the field `version`. */
export const mlsVersion = 1;

/** `SignWithLabel` of RFC 9420 section 5.1.2. */
export function signLabelled(key: KeyObject, label: string, content: Uint8Array): Buffer {
  return sign('sha256', labelled(label, content), key);
}

/** `RefHash` of RFC 9420 section 5.2. */
export function refHash(label: string, value: Uint8Array): Buffer {
  return createHash('sha256').update(labelled(label, value)).digest();
}

/** The uncompressed point of a P-256 public key: the last 65 bytes of its SubjectPublicKeyInfo (RFC 5480). */
export function pointOf(key: KeyObject): Buffer {
  return key.export({ format: 'der', type: 'spki' }).subarray(-65);
}

function labelled(label: string, content: Uint8Array): Buffer {
  return Buffer.concat([vector(Buffer.from(`MLS 1.0 ${label}`)), vector(content)]);
}
