// JavaScript, as it runs before the compile cache is open: to strip types, Node would load its TypeScript parser for good.
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { enableCompileCache } from 'node:module';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = new URL('../../', import.meta.url);

/** Holds a folder for each version; only those can write there who may change the code. */
export const compileCacheFolder = fileURLToPath(new URL('node_modules/.cache/parley', root));

/** Keeps compiled modules for the next start of this version; a start without them works. */
export function openCompileCache() {
  const texts = ['package.json', 'package-lock.json'].map(readText);
  enableCompileCache(join(compileCacheFolder, versionKey(process.version, ...texts)));
}

/**
 * Folder name of a version.
 *
 * @param {readonly string[]} parts
 * @returns {string}
 */
export function versionKey(...parts) {
  return createHash('sha256').update(JSON.stringify(parts)).digest('hex').slice(0, 16);
}

/** Empty where the file is not there. */
function readText(name) {
  try {
    return readFileSync(new URL(name, root), 'utf8');
  } catch {
    return '';
  }
}
