import ipaddr from 'ipaddr.js';

const hostPattern = /^(\[[\da-f:.]+\]|[\p{L}\p{N}_.-]+)(:\d+)?$/iu;

type HostEntry = { readonly host: string; readonly port?: string };

export type AllowedHosts = ReturnType<typeof createAllowedHosts>;

/** Private hosts that the owner allows as sources of sound. */
export function createAllowedHosts(hosts: readonly string[]) {
  const entries: readonly HostEntry[] = hosts.flatMap(
    (host) => parseHostEntry(host) ?? [],
  );

  return {
    /** Returns whether a `hostname` or address is allowed. */
    has(host: string, port: string): boolean {
      const wanted = normalizeHost(host);
      // An entry without a port allows all ports.
      return entries.some(
        (entry) => entry.host === wanted && (entry.port ?? port) === port,
      );
    },
  };
}

/** Returns whether an entry is a name or an address, with or without a port. */
export function isHostEntry(host: string): boolean {
  return parseHostEntry(host) !== undefined;
}

function parseHostEntry(host: string) {
  const bare = ipaddr.IPv6.isValid(host) ? `[${host}]` : host;
  const url = URL.parse(`http://${bare}`);
  if (!hostPattern.test(bare) || !url) return undefined;
  const [, port] = /:(\d+)$/.exec(bare.replace(/^\[.*\]/, '')) ?? [];
  return {
    host: normalizeHost(url.hostname),
    ...(port !== undefined && { port: `${Number(port)}` }),
  };
}

function normalizeHost(host: string) {
  const bare = host.replace(/^\[(.*)\]$/, '$1').toLowerCase();
  return ipaddr.isValid(bare)
    ? ipaddr.process(bare).toString()
    : bare.replace(/\.$/, '');
}
