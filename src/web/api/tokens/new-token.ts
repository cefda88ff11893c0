import { createHash, randomBytes } from 'node:crypto';
import { Secret } from '#src/base/secret.ts';

/** Names of tokens: short words for typing and for logs. */
export const tokenName = /^[A-Za-z0-9][A-Za-z0-9_-]{0,31}$/;

const prefix = 'parley_';
/** Bytes of a secret: 256 bits cannot be guessed, so that one round of SHA-256 is enough for its hash. */
const secretBytes = 32;

/** A new, unique secret; it is shown once, and only its hash is kept. */
export function createSecret(): Secret {
  return new Secret(prefix + randomBytes(secretBytes).toString('base64url'));
}

/** Hash by which the token of a secret is found. */
export function hashSecret(secret: string): string {
  return createHash('sha256').update(secret).digest('base64url');
}
