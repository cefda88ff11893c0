import ipaddr from 'ipaddr.js';

/** Kinds of addresses on this machine and in networks of one's own. */
const ownRanges: readonly string[] = [
  ...['loopback', 'unspecified', 'private', 'uniqueLocal', 'linkLocal', 'carrierGradeNat'],
];
/** Names that no public name server gives away. Source: RFC 6761, RFC 6762, RFC 8375, ICANN's `internal`. */
const ownNames = /\.(?:localhost|local|lan|internal|home\.arpa)$/;

/** Whether the server of a base URL stands on this machine or in a private network, as far as its address tells. */
export function isOwnServer(baseUrl: string): boolean {
  const host = new URL(baseUrl).hostname.replace(/^\[|\]$/g, '').replace(/\.$/, '');
  if (ipaddr.isValid(host)) return ownRanges.includes(ipaddr.process(host).range());
  return !host.includes('.') || ownNames.test(host);
}
