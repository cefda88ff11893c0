import { access, statfs } from 'node:fs/promises';
import { dirname } from 'node:path';

/** Finds a file or folder, or its nearest parent that exists. */
export async function findExistingPath(path: string): Promise<string> {
  try {
    await access(path);
    return path;
  } catch {
    const above = dirname(path);
    return above === path ? path : await findExistingPath(above);
  }
}

/** Reads the free bytes on the disk of a folder, which may be made later. */
export async function readFreeBytes(folder: string): Promise<number> {
  const { bavail, bsize } = await statfs(await findExistingPath(folder));
  return bavail * bsize;
}

/** Formats a size in bytes as people buy memory and disks: `0.5 GB`, and `63 MB` below a tenth of one. */
export function formatSize(bytes: number): string {
  return bytes < 1e8
    ? `${Math.round(bytes / 1e6)} MB`
    : `${(bytes / 1e9).toFixed(1)} GB`;
}
