import { lookup, Resolver } from 'node:dns/promises';

/** Returns all addresses of a host, or throws the error of the resolver. */
export type Resolve = (host: string, signal: AbortSignal) => Promise<readonly string[]>;

/** Each name server is asked twice, for a quarter of this time. */
const usualMs = 4_000;

/** Resolves a host by the system, which knows the private network. Two such look-ups run at a time. */
export const systemResolve: Resolve = async (host) => {
  const found = await lookup(host, { all: true });
  return found.map(({ address }) => address);
};

/**
 * Creates a resolver that asks name servers itself, where a silent one blocks no other look-up. Throws errors of
 * `dns.Resolver`.
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

async function resolveAllAddresses(host: string, resolver: Resolver) {
  const asked = [resolver.resolve4(host), resolver.resolve6(host)];
  const answers = await Promise.allSettled(asked);
  const found = answers.flatMap((one) => (one.status === 'fulfilled' ? one.value : []));
  return found.length > 0 ? found : await Promise.any(asked);
}
