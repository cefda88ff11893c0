import { isIP } from 'node:net';
import ipaddr from 'ipaddr.js';

/** Azure answers this public address itself: its wire server. */
const cloudAddresses = new Set(['168.63.129.16']);
/** IPv4 behind a translator: https://www.rfc-editor.org/rfc/rfc6052.html */
const nat64Range = ipaddr.parseCIDR('64:ff9b::/96') as [ipaddr.IPv6, number];
/** Global unicast: https://www.rfc-editor.org/rfc/rfc4291.html#section-2.4 */
const globalRange = ipaddr.parseCIDR('2000::/3') as [ipaddr.IPv6, number];

/**
 * Returns whether an IP address is on the public internet, not this machine, its network or its cloud.
 *
 * An IPv4 address inside an IPv6 address counts as IPv4. Text that is no address is not public.
 */
export function isPublic(address: string): boolean {
  if (isIP(address) === 0) return false;
  const parsed = ipaddr.parse(address);
  if (parsed instanceof ipaddr.IPv4) {
    return parsed.range() === 'unicast' && !cloudAddresses.has(parsed.toString());
  }
  if (parsed.isIPv4MappedAddress()) return isPublic(parsed.toIPv4Address().toString());
  if (parsed.match(nat64Range))
    return isPublic(parsed.toByteArray().slice(-4).join('.'));
  return parsed.range() === 'unicast' && parsed.match(globalRange);
}

/** One IPv6 network: https://www.rfc-editor.org/rfc/rfc4291.html#section-2.5.4 */
const networkBits = 64;

/**
 * Returns whether an address is one of `machineAddresses`, or in the same IPv6 network. A firewall may shield such a host only
 * from outside.
 */
export function isBeside(
  address: string,
  machineAddresses: readonly string[],
): boolean {
  if (!ipaddr.isValid(address)) return false;
  const parsed = ipaddr.process(address);
  return machineAddresses.filter(ipaddr.isValid).some((machineAddress) => {
    const near = ipaddr.process(machineAddress);
    if (parsed instanceof ipaddr.IPv6 && near instanceof ipaddr.IPv6)
      return parsed.match(near, networkBits);
    return parsed.toString() === near.toString();
  });
}
