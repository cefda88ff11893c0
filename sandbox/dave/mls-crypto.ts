import { createHash, createPublicKey, type KeyObject, sign, verify } from 'node:crypto';
import { vector } from './mls-bytes.ts';

/** DHKEM P-256, AES-128-GCM, SHA-256, ECDSA P-256: the only one DAVE version 1 uses. */
export const cipherSuite = 2;
/** `mls10`, in the field `version`. */
export const mlsVersion = 1;

/** Everything of a P-256 SubjectPublicKeyInfo before the 65 bytes of the point (RFC 5480). */
const beforePoint = Buffer.from('3059301306072a8648ce3d020106082a8648ce3d030107034200', 'hex');

/** `SignWithLabel` of RFC 9420 section 5.1.2. */
export function signLabelled(key: KeyObject, label: string, content: Uint8Array): Buffer {
  return sign('sha256', labelled(label, content), key);
}

/** `VerifyWithLabel`; false as well for a point that is none. */
export function verifyLabelled(
  point: Uint8Array,
  label: string,
  content: Uint8Array,
  signature: Uint8Array,
): boolean {
  try {
    const der = Buffer.concat([beforePoint, point]);
    const key = createPublicKey({ key: der, format: 'der', type: 'spki' });
    return verify('sha256', labelled(label, content), key, signature);
  } catch {
    return false;
  }
}

/** `RefHash` of RFC 9420 section 5.2. */
export function refHash(label: string, value: Uint8Array): Buffer {
  return createHash('sha256').update(labelled(label, value)).digest();
}

/** The uncompressed point of a P-256 public key, 65 bytes. */
export function pointOf(key: KeyObject): Buffer {
  return key.export({ format: 'der', type: 'spki' }).subarray(beforePoint.length);
}

function labelled(label: string, content: Uint8Array): Buffer {
  return Buffer.concat([vector(Buffer.from(`MLS 1.0 ${label}`)), vector(content)]);
}
