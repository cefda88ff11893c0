import type { IncomingMessage } from 'node:http';
import { isIP } from 'node:net';
import ipaddr from 'ipaddr.js';
import { RateLimiterMemory, RateLimiterRes } from 'rate-limiter-flexible';

/** Requests by one address within 10 s: 20 viewers behind one proxy load the page at once. */
export function addressRates(): RateLimiterMemory {
  return new RateLimiterMemory({ points: 1_000, duration: 10 });
}

/**
 * Network that a request came from: an address, or the 64 leading bits of an IPv6 one. Behind a proxy (`isPublic`) it is the
 * last one that the proxy named in `X-Forwarded-For`, which is the one it saw itself.
 */
export function addressOf({ headers, socket }: IncomingMessage, isPublic: boolean): string {
  const { remoteAddress = '' } = socket;
  const forwarded = `${headers['x-forwarded-for'] ?? ''}`.split(',').at(-1)?.trim() ?? '';
  const address = isPublic && isIP(forwarded) !== 0 ? forwarded : remoteAddress;
  if (isIP(address) === 0) return address;
  const parsed = ipaddr.process(address);
  return parsed instanceof ipaddr.IPv6 ? parsed.parts.slice(0, 4).join(':') : parsed.toString();
}

/** Counts a use; the seconds to wait where there were too many, else undefined. */
export async function waitS(limiter: RateLimiterMemory, key: string): Promise<number | undefined> {
  try {
    await limiter.consume(key);
    return undefined;
  } catch (error) {
    if (!(error instanceof RateLimiterRes)) throw error;
    return Math.ceil(error.msBeforeNext / 1_000);
  }
}
