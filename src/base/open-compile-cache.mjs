// JavaScript, as it runs before the compile cache is open: to strip types, Node would load its TypeScript parser for good.
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { enableCompileCache, registerHooks } from 'node:module';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = new URL('../../', import.meta.url);

/** Holds a folder for each version; only those can write there who may change the code. */
const compileCacheFolder = fileURLToPath(new URL('node_modules/.cache/parley', root));

/** Keeps compiled modules for the next start of this version; a start without them works. */
export function openCompileCache() {
  const texts = ['package.json', 'package-lock.json'].map(readText);
  enableCompileCache(join(compileCacheFolder, versionKey(process.version, ...texts)));
}

/** The form of our imports. `imports` of package.json has each folder under its own name. */
const ownImport = /^#[a-z]+\//;

/**
 * Resolves our own imports by their text. Node reads package.json and follows links for each of them, which takes a tenth of the CPU
 * of a start.
 */
export function resolveOwnImports() {
  registerHooks({
    resolve(specifier, context, next) {
      const parent = context.parentURL ?? '';
      const isOwn =
        ownImport.test(specifier) &&
        parent.startsWith(root.href) &&
        !parent.includes('/node_modules/');
      return isOwn
        ? { url: `${root.href}${specifier.slice(1)}`, shortCircuit: true }
        : next(specifier, context);
    },
  });
}

/**
 * Folder name of a version.
 *
 * @param {readonly string[]} parts
 * @returns {string}
 */
function versionKey(...parts) {
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
