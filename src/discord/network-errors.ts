/** Error codes of a request that failed before its connection stood: Discord has not seen it. */
const unconnected = [
  'ECONNREFUSED',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'UND_ERR_CONNECT_TIMEOUT',
];

/** The network broke before the request could have come through. */
export function neverSent(error: unknown): boolean {
  return unconnected.includes(networkCodeOf(error));
}

/** The system's own word for it, say ECONNREFUSED; empty where there is none. */
export function networkCodeOf(error: unknown): string {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  return typeof code === 'string' ? code : '';
}
