/** A connection that lasted so long, in ms, was a good one. */
const steadyMs = 60_000;
const firstMs = 1_000;
const longestMs = 300_000;

/** How often in a row a server has failed, one time more, after a connection that lasted `lastedMs`. */
export function failuresAfter(failures: number, lastedMs: number): number {
  return lastedMs >= steadyMs ? 1 : failures + 1;
}

/** Wait, in ms, before a server that failed so often in a row is tried again: 1 s, doubled each time, 5 minutes at most. */
export function retryDelayMs(failures: number): number {
  return Math.min(longestMs, firstMs * 2 ** Math.min(20, failures - 1));
}
