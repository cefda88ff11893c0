import ipaddr from 'ipaddr.js';

const hostPattern = /^(\[[\da-f:.]+\]|[\p{L}\p{N}_.-]+)(:\d+)?$/iu;

type HostEntry = { readonly name: string; readonly port?: string };

/** Private hosts that the owner allows as sources of sound. */
export class AllowedHosts {
  readonly #entries: readonly HostEntry[];

  /** Takes names or addresses, with or without a port. Others are left out. */
  constructor(entries: readonly string[]) {
    this.#entries = entries.flatMap((entry) => parseHostEntry(entry) ?? []);
  }

  /** Returns whether a `hostname` or address is allowed at this port. */
  has(hostname: string, port: string): boolean {
    const name = normalizeHost(hostname);
    // An entry without a port allows all ports.
    return this.#entries.some(
      (entry) => entry.name === name && (entry.port ?? port) === port,
    );
  }
}

/** Returns whether an entry is a name or an address, with or without a port. */
export function isHostEntry(entry: string): boolean {
  return parseHostEntry(entry) !== undefined;
}

function parseHostEntry(entry: string): HostEntry | undefined {
  const bare = ipaddr.IPv6.isValid(entry) ? `[${entry}]` : entry;
  const url = URL.parse(`http://${bare}`);
  if (!hostPattern.test(bare) || !url) return undefined;
  const [, port] = /:(\d+)$/.exec(bare.replace(/^\[.*\]/, '')) ?? [];
  return {
    name: normalizeHost(url.hostname),
    ...(port !== undefined && { port: `${Number(port)}` }),
  };
}

function normalizeHost(hostname: string) {
  const bare = hostname.replace(/^\[(.*)\]$/, '$1').toLowerCase();
  return ipaddr.isValid(bare)
    ? ipaddr.process(bare).toString()
    : bare.replace(/\.$/, '');
}
