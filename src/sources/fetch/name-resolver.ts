import { lookup, Resolver } from 'node:dns/promises';

/** Resolves a name to all its addresses. Errors: those of the resolver. Aborting `signal` may end it. */
export type Resolve = (host: string, signal: AbortSignal) => Promise<readonly string[]>;

/** Longest a name server may take in all; each is asked twice, for half of it at most. */
const usualMs = 4_000;

/** The system's resolver, which knows the names of the owner's network too; libuv runs two of its look-ups at a time. */
export const systemResolve: Resolve = async (host) => {
  const found = await lookup(host, { all: true });
  return found.map(({ address }) => address);
};

/**
 * Asks name servers by itself, so that one that never answers keeps no other look-up of the process waiting.
 *
 * `servers` are the system's when left out. Errors: those of `dns.Resolver`. Aborting `signal` ends the look-up.
 */
export function createNameResolver(
  servers?: readonly string[],
  longestMs = usualMs,
): Resolve {
  return async (host, signal) => {
    const resolver = new Resolver({ timeout: longestMs / 4, tries: 2 });
    if (servers) resolver.setServers(servers);
    const ended = AbortSignal.any([signal, AbortSignal.timeout(longestMs)]);
    const cancelQuery = () => resolver.cancel();
    ended.addEventListener('abort', cancelQuery);
    try {
      return await resolveAllAddresses(host, resolver);
    } finally {
      ended.removeEventListener('abort', cancelQuery);
    }
  };
}

async function resolveAllAddresses(
  host: string,
  resolver: Resolver,
): Promise<readonly string[]> {
  const asked = [resolver.resolve4(host), resolver.resolve6(host)];
  const answers = await Promise.allSettled(asked);
  const found = answers.flatMap((one) => (one.status === 'fulfilled' ? one.value : []));
  return found.length > 0 ? found : await Promise.any(asked);
}
