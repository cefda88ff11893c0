import type { IncomingMessage } from 'node:http';
import { isIP } from 'node:net';
import ipaddr from 'ipaddr.js';
import { RateLimiterMemory, RateLimiterRes } from 'rate-limiter-flexible';

/** Requests by one address within 10 s: 20 viewers behind one proxy load the page at once. */
const requestsPerAddress = 1_000;
/** Limit of one connection's other end, whatever addresses a proxy there names. */
const requestsPerPeer = 3_000;
const requestWindowS = 10;
/** Invalid keys tried by one address within a minute: many people may open their own links behind one address. */
const entriesPerAddress = 10;
const entryWindowS = 60;

/** Bounds of requests by address, in memory; a timer runs for each address that asked of late, and none else. */
export class RateLimits {
  readonly #peers = new RateLimiterMemory({ points: requestsPerPeer, duration: requestWindowS });
  readonly #addresses = new RateLimiterMemory({
    points: requestsPerAddress,
    duration: requestWindowS,
  });
  readonly #entries = new RateLimiterMemory({ points: entriesPerAddress, duration: entryWindowS });

  /** Seconds to wait where the address asks too often; undefined: it may. */
  async request(address: string, peer: string): Promise<number | undefined> {
    return (await waitS(this.#peers, peer)) ?? (await waitS(this.#addresses, address));
  }

  /** Like `request`, for a key that is tried. */
  async entry(address: string): Promise<number | undefined> {
    return await waitS(this.#entries, address);
  }

  /** The key was valid, and does not count. */
  async entered(address: string): Promise<void> {
    await this.#entries.reward(address);
  }
}

/**
 * Network that a request came from: an address, or the 64 leading bits of an IPv6 one. Behind a proxy (`isPublic`) it is the
 * last one that the proxy named in `X-Forwarded-For`, which is the one it saw itself.
 */
export function addressOf(incoming: IncomingMessage, isPublic: boolean): string {
  const peer = peerOf(incoming);
  if (!isPublic) return peer;
  const forwarded = `${incoming.headers['x-forwarded-for'] ?? ''}`.split(',').at(-1)?.trim() ?? '';
  return isIP(forwarded) === 0 ? peer : networkOf(forwarded);
}

/** Network of the other end of the connection. */
export function peerOf({ socket }: IncomingMessage): string {
  const { remoteAddress = '' } = socket;
  return isIP(remoteAddress) === 0 ? remoteAddress : networkOf(remoteAddress);
}

function networkOf(address: string): string {
  const parsed = ipaddr.process(address);
  return parsed instanceof ipaddr.IPv6 ? parsed.parts.slice(0, 4).join(':') : parsed.toString();
}

async function waitS(limiter: RateLimiterMemory, key: string): Promise<number | undefined> {
  try {
    await limiter.consume(key);
    return undefined;
  } catch (error) {
    if (!(error instanceof RateLimiterRes)) throw error;
    return Math.ceil(error.msBeforeNext / 1_000);
  }
}
