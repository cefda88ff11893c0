import type { Secret } from '#src/base/secret.ts';

/** Address of a database for pg_dump and pg_restore: copies are of its own kind, and a password belongs on no command line. */
export function dumpAddress(url: Secret): string {
  const address = new URL(url.reveal());
  address.password = '';
  address.search = '';
  return address.href;
}
