import { lookup, Resolver } from 'node:dns/promises';
import { once } from 'node:events';
import { type IncomingMessage, request as plainRequest } from 'node:http';
import { request as secureRequest } from 'node:https';
import { isIP, type LookupFunction } from 'node:net';
import { networkInterfaces } from 'node:os';
import { waitUnlessAborted } from '#src/base/bounded-wait.ts';
import type { AllowedHosts } from './allowed-hosts.ts';
import { isBeside, isPublic } from './public-address.ts';
import { refusals } from './sound-refusals.ts';

/** Returns all addresses of a host, or throws the error of the resolver. */
export type Resolve = (host: string, signal: AbortSignal) => Promise<readonly string[]>;

export type RedirectRules = {
  readonly allowed: AllowedHosts;
  /** By default the system for allowed hosts, and name servers directly for others. */
  readonly resolve?: Resolve;
  /** Addresses of this machine. */
  readonly own?: readonly string[];
};

export type Asked = {
  /** Value of the HTTP header. */
  readonly range?: string;
  readonly post?: {
    readonly headers: Readonly<Record<string, string>>;
    readonly body: string;
  };
};

/** Nothing identifies the sender: no cookie, key or referrer. */
const requestHeaders = {
  accept: 'audio/*, application/ogg, application/octet-stream;q=0.5, image/*;q=0.5',
  'accept-encoding': 'identity',
  'user-agent': 'Parley',
} as const;

/**
 * Sends one request to an address that was checked.
 *
 * The caller reads or destroys the answer. Throws BotError `source.not_allowed` or `source.unreachable`. Aborting
 * `signal` closes the connection and throws `signal.reason`.
 */
export async function requestOnce(
  url: URL,
  rules: RedirectRules,
  signal: AbortSignal,
  { range, post }: Asked = {},
): Promise<IncomingMessage> {
  const addresses = await checkAddress(url, rules, signal);
  const request = url.protocol === 'https:' ? secureRequest : plainRequest;
  try {
    // An earlier connection may lead elsewhere, so each request opens its own.
    const own = post?.headers ?? { ...requestHeaders, ...(range && { range }) };
    const method = post ? 'POST' : 'GET';
    const options = { method, headers: own, lookup: pinAddresses(addresses), signal };
    const asked = request(url, { agent: false, ...options });
    asked.on('error', () => undefined); // An error after the answer shows in its body.
    asked.end(post?.body);
    const [answer] = (await once(asked, 'response', { signal })) as [IncomingMessage];
    return answer;
  } catch (cause) {
    signal.throwIfAborted();
    throw refusals.unreachable('the server could not be reached', cause);
  }
}

/** Each name server is asked twice, for a quarter of this time. */
const usualMs = 4_000;

/** Resolves a host by the system, which knows the private network. Two such look-ups run at a time. */
const systemResolve: Resolve = async (host) => {
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

const askServers = createNameResolver();

function listOwnAddresses() {
  const all = Object.values(networkInterfaces()).flatMap(
    (addresses) => addresses ?? [],
  );
  return all.map(({ address }) => address);
}

/** Resolves a URL's host. One address that is not public refuses all. */
async function checkAddress(
  { protocol, hostname, port, username, password }: URL,
  { allowed, resolve, own = listOwnAddresses() }: RedirectRules,
  signal: AbortSignal,
) {
  const isSecure = protocol === 'https:';
  const actualPort = port || (isSecure ? '443' : '80');
  const isAllowed = allowed.has(hostname, actualPort);
  if (!isSecure && !(isAllowed && protocol === 'http:'))
    throw refusals.notAllowed('not https');
  if (username || password) throw refusals.notAllowed('the link holds a password');
  const host = hostname.replace(/^\[(.*)\]$/, '$1');
  const asking = resolve ?? (isAllowed ? systemResolve : askServers);
  const addresses = isIP(host) ? [host] : await resolveHost(host, asking, signal);
  const isOutside = (address: string) => isPublic(address) && !isBeside(address, own);
  const isFine = (address: string) =>
    isOutside(address) || allowed.has(address, actualPort);
  if (!isAllowed && !addresses.every(isFine))
    throw refusals.notAllowed('its address is not public');
  return addresses;
}

async function resolveHost(host: string, resolve: Resolve, signal: AbortSignal) {
  const addresses = await waitUnlessAborted(resolve(host, signal), signal).catch(
    (cause: unknown) => {
      signal.throwIfAborted();
      throw refusals.unreachable('the name of its server cannot be resolved', cause);
    },
  );
  if (addresses.length === 0)
    throw refusals.unreachable('the name of its server cannot be resolved');
  return addresses;
}

/** Creates a look-up that returns the checked addresses instead of resolving anew. */
function pinAddresses(addresses: readonly string[]): LookupFunction {
  const found = addresses.map((address) => ({ address, family: isIP(address) }));
  return (_host, options, callback) => {
    const [first] = found;
    if (options.all) callback(null, found);
    else callback(null, first?.address ?? '', first?.family);
  };
}
