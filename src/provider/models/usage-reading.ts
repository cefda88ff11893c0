/** Limit of plausible usage of one request, in tokens or seconds: a larger report is wrong. */
const most = 1e9;

/** A count in an answer of a server: finite, not below 0; undefined for anything else. */
export function reportedCount(value: unknown): number | undefined {
  return typeof value === 'number' && value >= 0 && value <= most ? value : undefined;
}
