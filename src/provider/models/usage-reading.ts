/** Above what any one request can take, in tokens or seconds: a server that says more is mistaken or lies. */
const most = 1e9;

/** A count in an answer of a server: finite, not below 0; undefined for anything else. */
export function toldCount(value: unknown): number | undefined {
  return typeof value === 'number' && value >= 0 && value <= most ? value : undefined;
}
