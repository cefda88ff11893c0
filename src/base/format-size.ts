/** Formats a size in bytes as people buy memory and disks: `0.5 GB`, and `63 MB` below a tenth of one. */
export function formatSize(bytes: number): string {
  return bytes < 1e8
    ? `${Math.round(bytes / 1e6)} MB`
    : `${(bytes / 1e9).toFixed(1)} GB`;
}
