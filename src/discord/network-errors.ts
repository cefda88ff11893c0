/** What a request ends with before a connection stood: nobody has seen it. */
const unconnected = [
  'ECONNREFUSED',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'UND_ERR_CONNECT_TIMEOUT',
];

/** The network broke, not Discord: whether the request had come through nobody knows. */
export function isCut(error: unknown): boolean {
  return /^(E[A-Z_]+|UND_ERR_SOCKET|UND_ERR_CONNECT_TIMEOUT)$/.test(networkCodeOf(error));
}

/** As `isCut`, and the request cannot have come through. */
export function neverSent(error: unknown): boolean {
  return unconnected.includes(networkCodeOf(error));
}

/** The system's own word for it, say ECONNREFUSED; empty where there is none. */
export function networkCodeOf(error: unknown): string {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  return typeof code === 'string' ? code : '';
}
