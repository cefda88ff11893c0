/**
 * Builds a path by which one process of the bot asks, so that it can be told from the
 * others: `/by/NAME` before the usual one.
 */
export function makeProcessAddress(process: string | undefined, path: string) {
  return process === undefined ? path : `/by/${process}${path}`;
}

/** Parses the process that asks, if its address names one, and the usual path. */
export function parseProcessAddress(asked: string): {
  readonly process: string | undefined;
  readonly path: string;
} {
  const [, process, path] = /^\/by\/([\w-]{1,32})(\/.*)$/.exec(asked) ?? [];
  return process === undefined || path === undefined
    ? { process: undefined, path: asked }
    : { process, path };
}
