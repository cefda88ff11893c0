import ipaddr from 'ipaddr.js';

const hostPattern = /^(\[[\da-f:.]+\]|[\p{L}\p{N}_.-]+)(:\d+)?$/iu;

type HostEntry = { readonly host: string; readonly port?: string };

/** Hosts of the owner's own network that may be asked for sounds although they are not public. */
export class AllowedHosts {
  readonly #entries: readonly HostEntry[];

  /** Each a name, an address, or one of them with a port, as in `nas.local:8000`; anything else allows nothing. */
  constructor(hosts: readonly string[]) {
    this.#entries = hosts.flatMap((host) => parseHostEntry(host) ?? []);
  }

  /** `host` as in a URL's `hostname`, or a resolved address; an entry without a port holds for all of them. */
  has(host: string, port: string): boolean {
    const wanted = normalizeHost(host);
    return this.#entries.some(
      (entry) => entry.host === wanted && (entry.port ?? port) === port,
    );
  }
}

/** Whether `AllowedHosts` can allow it. */
export function isHost(host: string): boolean {
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

/** Without brackets, and IPv6 in its shortest form. */
function normalizeHost(host: string) {
  const bare = host.replace(/^\[(.*)\]$/, '$1').toLowerCase();
  return ipaddr.isValid(bare)
    ? ipaddr.process(bare).toString()
    : bare.replace(/\.$/, '');
}
