import { lookup, Resolver } from 'node:dns/promises';
import { once } from 'node:events';
import { type IncomingMessage, request as plainRequest } from 'node:http';
import { request as secureRequest } from 'node:https';
import { isIP, type LookupFunction } from 'node:net';
import { networkInterfaces } from 'node:os';
import { waitUnlessAborted } from '#src/base/bounded-wait.ts';
import type { AllowedHosts } from './allowed-hosts.ts';
import { isBeside, isPublic } from './public-address.ts';
import { createNotAllowedError, createUnreachableError } from './sound-refusals.ts';

/** Returns all addresses of a host, or throws the error of the resolver. */
export type Resolve = (
  hostname: string,
  signal: AbortSignal,
) => Promise<readonly string[]>;

export type RedirectRules = {
  readonly allowed: AllowedHosts;
  /** By default the system for allowed hosts, and name servers directly for others. */
  readonly resolve?: Resolve;
  /** Addresses of this machine. */
  readonly machineAddresses?: readonly string[];
};

/** Content of a request. By default a GET for all bytes. */
export type RequestOptions = {
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
  { range, post }: RequestOptions = {},
): Promise<IncomingMessage> {
  const addresses = await checkAddress(url, rules, signal);
  const request = url.protocol === 'https:' ? secureRequest : plainRequest;
  try {
    // An earlier connection may lead elsewhere, so each request opens its own.
    const headers = post?.headers ?? { ...requestHeaders, ...(range && { range }) };
    const method = post ? 'POST' : 'GET';
    const options = { method, headers, lookup: pinAddresses(addresses), signal };
    const clientRequest = request(url, { agent: false, ...options });
    clientRequest.on('error', () => undefined); // An error after the answer shows in its body.
    clientRequest.end(post?.body);
    const response = once(clientRequest, 'response', { signal });
    const [answer] = (await response) as [IncomingMessage];
    return answer;
  } catch (cause) {
    signal.throwIfAborted();
    throw createUnreachableError('the server could not be reached', cause);
  }
}

/** Each name server is asked twice, for a quarter of this time. */
const defaultTimeoutMs = 4_000;

/** Resolves a host by the system, which knows the private network. Two such look-ups run at a time. */
const resolveBySystem: Resolve = async (hostname) => {
  const addresses = await lookup(hostname, { all: true });
  return addresses.map(({ address }) => address);
};

/**
 * Creates a resolver that asks name servers itself, where a silent one blocks no other look-up. Throws errors of
 * `dns.Resolver`.
 */
export function createNameResolver(
  servers?: readonly string[],
  timeoutMs: number = defaultTimeoutMs,
): Resolve {
  return async (hostname, signal) => {
    const resolver = new Resolver({ timeout: timeoutMs / 4, tries: 2 });
    if (servers) resolver.setServers(servers);
    const ended = AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)]);
    const cancelQuery = () => resolver.cancel();
    ended.addEventListener('abort', cancelQuery);
    try {
      return await resolveAllAddresses(hostname, resolver);
    } finally {
      ended.removeEventListener('abort', cancelQuery);
    }
  };
}

async function resolveAllAddresses(hostname: string, resolver: Resolver) {
  const queries = [resolver.resolve4(hostname), resolver.resolve6(hostname)];
  const answers = await Promise.allSettled(queries);
  const addresses = answers.flatMap((answer) =>
    answer.status === 'fulfilled' ? answer.value : [],
  );
  return addresses.length > 0 ? addresses : await Promise.any(queries);
}

const resolveByNameServers = createNameResolver();

function listMachineAddresses() {
  return Object.values(networkInterfaces())
    .flatMap((addresses) => addresses ?? [])
    .map(({ address }) => address);
}

/**
 * Resolves a URL's host, and returns its addresses. One address that is not public refuses all. Throws BotError
 * `source.not_allowed` or `source.unreachable`.
 */
export async function checkAddress(
  { protocol, hostname, port, username, password }: URL,
  { allowed, resolve, machineAddresses = listMachineAddresses() }: RedirectRules,
  signal: AbortSignal,
): Promise<readonly string[]> {
  const isSecure = protocol === 'https:';
  const actualPort = port || (isSecure ? '443' : '80');
  const isAllowed = allowed.has(hostname, actualPort);
  if (!isSecure && !(isAllowed && protocol === 'http:'))
    throw createNotAllowedError('not https');
  if (username || password) throw createNotAllowedError('the link holds a password');
  const bareName = hostname.replace(/^\[(.*)\]$/, '$1');
  const resolver = resolve ?? (isAllowed ? resolveBySystem : resolveByNameServers);
  const addresses = isIP(bareName)
    ? [bareName]
    : await resolveHost(bareName, resolver, signal);
  const isOutside = (address: string) =>
    isPublic(address) && !isBeside(address, machineAddresses);
  const isFine = (address: string) =>
    isOutside(address) || allowed.has(address, actualPort);
  if (!isAllowed && !addresses.every(isFine))
    throw createNotAllowedError('its address is not public');
  return addresses;
}

async function resolveHost(hostname: string, resolve: Resolve, signal: AbortSignal) {
  const addresses = await waitUnlessAborted(resolve(hostname, signal), signal).catch(
    (cause: unknown) => {
      signal.throwIfAborted();
      throw createUnreachableError('the name of its server cannot be resolved', cause);
    },
  );
  if (addresses.length === 0)
    throw createUnreachableError('the name of its server cannot be resolved');
  return addresses;
}

/** Creates a look-up that returns the checked addresses instead of resolving anew. */
function pinAddresses(addresses: readonly string[]): LookupFunction {
  const entries = addresses.map((address) => ({ address, family: isIP(address) }));
  return (_hostname, options, callback) => {
    const [firstEntry] = entries;
    if (options.all) callback(null, entries);
    else callback(null, firstEntry?.address ?? '', firstEntry?.family);
  };
}
