/** The system's own word for it, say ECONNREFUSED; empty where there is none. */
export function networkCodeOf(error: unknown): string {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  return typeof code === 'string' ? code : '';
}
