// JavaScript, since Node would keep its TypeScript parser to strip types of this file.
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { enableCompileCache, registerHooks } from 'node:module';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = new URL('../../', import.meta.url);

/** Writable only with the rights to change the code. */
const compileCacheFolder = fileURLToPath(new URL('node_modules/.cache/parley', root));

/** Keeps compiled modules for the next start. */
export function openCompileCache() {
  const texts = ['package.json', 'package-lock.json'].map(readText);
  enableCompileCache(join(compileCacheFolder, toVersionKey(process.version, ...texts)));
}

/** `imports` of package.json has each folder under its own name. */
const ownImport = /^#[a-z]+\//;

/** Resolves our imports, for which package.json takes a tenth of the CPU of a start. */
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

/** Keeps zod from loading its messages in 60 languages, which take 1.5 MB (`npm run bench -- cpu --part memory`). */
export function skipZodLanguages() {
  registerHooks({
    resolve(specifier, context, next) {
      const isList =
        specifier === '../locales/index.js' &&
        /[/\\]node_modules[/\\]zod[/\\]/.test(context.parentURL ?? '');
      return isList
        ? { url: import.meta.url, shortCircuit: true }
        : next(specifier, context);
    },
  });
}

/**
 * Builds the folder name of a version.
 * @param {readonly string[]} parts
 * @returns {string}
 */
function toVersionKey(...parts) {
  return createHash('sha256').update(JSON.stringify(parts)).digest('hex').slice(0, 16);
}

function readText(name) {
  try {
    return readFileSync(new URL(name, root), 'utf8');
  } catch {
    return '';
  }
}
