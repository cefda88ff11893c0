import { accessSync, constants, statSync } from 'node:fs';
import { delimiter, isAbsolute, join } from 'node:path';

/**
 * Finds a program in the folders of `PATH`. Relative folders do not count, since the working folder may be anybody's.
 *
 * @example
 * import { findProgram } from '#src/base/find-program.ts';
 *
 * findProgram('ffmpeg', './bin'); // undefined
 */
export function findProgram(name: string, pathVariable: string): string | undefined {
  const file = process.platform === 'win32' ? `${name}.exe` : name;
  const folders = pathVariable.split(delimiter).filter((folder) => isAbsolute(folder));
  return folders.map((folder) => join(folder, file)).find(isProgram);
}

function isProgram(path: string) {
  try {
    accessSync(path, constants.X_OK);
    return statSync(path).isFile();
  } catch {
    return false;
  }
}
