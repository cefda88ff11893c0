/** An address split into the process of the bot that it names, if any, and the usual path. */
export interface ProcessAddress {
  readonly process: string | undefined;
  readonly path: string;
}

/**
 * Builds a path by which one process of the bot asks, so that it can be told from the
 * others: `/by/NAME` before the usual one.
 */
export function makeProcessAddress(process: string | undefined, path: string): string {
  return process === undefined ? path : `/by/${process}${path}`;
}

/** Parses the process that asks, if its address names one, and the usual path. */
export function parseProcessAddress(address: string): ProcessAddress {
  const [, process, path] = /^\/by\/([\w-]{1,32})(\/.*)$/.exec(address) ?? [];
  return process === undefined || path === undefined
    ? { process: undefined, path: address }
    : { process, path };
}
