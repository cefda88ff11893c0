/** Source: Discord docs, "Create Message". */
const maxChars = 25;

/** A nonce of a message: sent twice after a cut connection, it appears once. */
export function newNonce(): string {
  return crypto.randomUUID().slice(0, maxChars);
}
