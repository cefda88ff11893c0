import { existsSync, mkdirSync } from 'node:fs';
import { dirname } from 'node:path';

/** Makes a folder, and its missing parents, that only the bot's user may read. */
export function makeFolder(folder: string): void {
  // The option `recursive` of Node 24.21 never returns where the file system answers ENOENT, as /proc does.
  if (existsSync(folder)) return;
  makeFolder(dirname(folder));
  try {
    mkdirSync(folder, { mode: 0o700 });
  } catch (error) {
    if (!existsSync(folder)) throw error; // Another process may have made the folder meanwhile.
  }
}
