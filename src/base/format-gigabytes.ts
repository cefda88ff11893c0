/** Formats a size in bytes as people buy memory and disks: `0.5 GB`. */
export function formatGigabytes(bytes: number): string {
  return `${(bytes / 1e9).toFixed(1)} GB`;
}
