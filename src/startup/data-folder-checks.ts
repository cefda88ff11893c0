import { constants } from 'node:fs';
import { access, readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { findExistingPath, readFreeBytes } from '#src/base/disk.ts';
import {
  type Finding,
  toDifferingFinding,
  toMissingFinding,
  toOkFinding,
} from '#src/probes/probe.ts';

/** Stores fail below `minFreeMb`. The operator is warned below `lowFreeMb`. */
const [minFreeMb, lowFreeMb] = [50, 500];
const bytesPerMb = 1024 * 1024;

/** Tests whether the bot can write into `dataDir`, or make it in its nearest existing parent. Changes nothing. */
export async function checkDataFolder(dataDir: string): Promise<Finding> {
  const folder = await findExistingPath(dataDir);
  try {
    if (!(await stat(folder)).isDirectory())
      return toMissingFinding(
        'folder',
        `${folder} is no folder`,
        'set DATA_DIR to a folder',
      );
    await access(folder, constants.W_OK | constants.X_OK);
    return toOkFinding('folder', `the bot can write to ${folder}`);
  } catch {
    return toMissingFinding(
      'folder',
      `the bot cannot write to ${folder}`,
      "give the folder to the bot's user (chown), or set DATA_DIR to another one",
    );
  }
}

/** Finds the first file in `folders` that the bot cannot read and write. Folders that are not there or closed have none. */
export async function checkDataFiles(folders: readonly string[]): Promise<Finding> {
  for (const folder of folders) {
    const entries = await readdir(folder, { withFileTypes: true }).catch(() => []);
    for (const { name } of entries.filter((entry) => entry.isFile())) {
      const path = join(folder, name);
      const isOpen = await access(path, constants.R_OK | constants.W_OK).then(
        () => true,
        () => false,
      );
      if (!isOpen)
        return toMissingFinding(
          'file',
          `the bot cannot read and write ${path}`,
          "give the file to the bot's user (chown)",
        );
    }
  }
  return toOkFinding('file', 'the bot can read and write its files');
}

/** Judges the free space on the disk of `dataDir`, or of its nearest existing parent. */
export async function checkFreeSpace(dataDir: string): Promise<Finding> {
  const folder = await findExistingPath(dataDir);
  return judgeFreeSpace(folder, Math.floor((await readFreeBytes(folder)) / bytesPerMb));
}

/** Judges the free space of the disk of a folder, in MB of 1,048,576 bytes. */
export function judgeFreeSpace(folder: string, freeMb: number): Finding {
  const reason = `${freeMb} MB are free in ${folder}`;
  if (freeMb >= lowFreeMb) return toOkFinding('disk', reason);
  return (freeMb < minFreeMb ? toMissingFinding : toDifferingFinding)(
    'disk',
    reason,
    'delete files there, or set DATA_DIR to a folder on another disk',
  );
}
