import { createHash, randomBytes } from 'node:crypto';
import { Secret } from '#src/base/secret.ts';

/** Names that a token may have: short words for typing and for logs. */
export const tokenName: RegExp = /^[A-Za-z0-9][A-Za-z0-9_-]{0,31}$/;

const prefix = 'parley_';
/** 256 bits cannot be guessed, so one round of SHA-256 is enough. */
const secretBytes = 32;

/** Creates a token, which is shown once. Only its hash is kept. */
export function createSecret(): Secret {
  return new Secret(prefix + randomBytes(secretBytes).toString('base64url'));
}

/** Hashes a secret as the store keeps it. */
export function hashSecret(secret: string): string {
  return createHash('sha256').update(secret).digest('base64url');
}
