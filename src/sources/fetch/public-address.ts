import { isIP } from 'node:net';
import ipaddr from 'ipaddr.js';

/** Within the public space, but answered by the machine's own cloud: Azure's wire server. */
const ofTheCloud = new Set(['168.63.129.16']);
/** RFC 6052: an IPv4 address behind a translator, in the last four bytes. */
const nat64Range = ipaddr.parseCIDR('64:ff9b::/96') as [ipaddr.IPv6, number];
/** RFC 4291: all that is routed in public. */
const globalRange = ipaddr.parseCIDR('2000::/3') as [ipaddr.IPv6, number];

/**
 * Whether an IP address belongs to the public internet: not to this machine, its network, its provider's or its cloud's.
 *
 * An IPv4 address within an IPv6 one (mapped, or for a translator) is judged as IPv4. A string that is no address is not
 * public.
 */
export function isPublic(address: string): boolean {
  if (isIP(address) === 0) return false;
  const parsed = ipaddr.parse(address);
  if (parsed instanceof ipaddr.IPv4) {
    return parsed.range() === 'unicast' && !ofTheCloud.has(parsed.toString());
  }
  if (parsed.isIPv4MappedAddress()) return isPublic(parsed.toIPv4Address().toString());
  if (parsed.match(nat64Range))
    return isPublic(parsed.toByteArray().slice(-4).join('.'));
  return parsed.range() === 'unicast' && parsed.match(globalRange);
}

/** Bits of an IPv6 address that one network shares (RFC 4291, 2.5.4). */
const networkBits = 64;

/** Whether an address is one of `own`, or in the network of one over IPv6: a firewall may shield it from outside only. */
export function isBeside(address: string, own: readonly string[]): boolean {
  if (!ipaddr.isValid(address)) return false;
  const parsed = ipaddr.process(address);
  return own.filter(ipaddr.isValid).some((one) => {
    const near = ipaddr.process(one);
    if (parsed instanceof ipaddr.IPv6 && near instanceof ipaddr.IPv6)
      return parsed.match(near, networkBits);
    return parsed.toString() === near.toString();
  });
}
