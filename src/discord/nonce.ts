import { createHash } from 'node:crypto';

/** Source: Discord docs, "Create Message". */
const maxChars = 25;

/** A nonce of a message: sent twice after a cut connection, it appears once. */
export function newNonce(): string {
  return crypto.randomUUID().slice(0, maxChars);
}

/**
 * Nonce of these ids in any order: a message that is written again some minutes later, as Discord may or may not have it,
 * appears once.
 */
export function nonceOf(ids: readonly string[]): string {
  const hash = createHash('sha256').update(ids.toSorted().join('\n'));
  return hash.digest('base64url').slice(0, maxChars);
}
