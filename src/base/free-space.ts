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
