import { readdir, rm, stat, utimes } from 'node:fs/promises';
import { getCompileCacheDir } from 'node:module';
import { basename, dirname, join } from 'node:path';
import { compileCacheFolder } from './open-compile-cache.mjs';

/** Time without a start, in ms, after which a version counts as former: until then another checkout may use it. */
const keptMs = 7 * 24 * 60 * 60 * 1_000;
/** Folders removed after one start. */
const mostRemoved = 4;

/** Environment of threads that run our own code: they keep compiled modules where this process does, if it does. */
export function compileCacheEnvironment(): Readonly<Record<string, string>> {
  const directory = getCompileCacheDir();
  return directory === undefined ? {} : { NODE_COMPILE_CACHE: directory };
}

/**
 * Marks the compiled modules in use, and removes those of versions that did not start for a week. Does nothing where they
 * lie elsewhere. Returns a message for the operator; never throws.
 */
export async function pruneCompileCache(
  wallMs: number,
  directory = getCompileCacheDir(),
  folder = compileCacheFolder,
): Promise<string | undefined> {
  const own = directory === undefined ? '' : dirname(directory);
  if (dirname(own) !== folder) return undefined;
  try {
    await utimes(own, wallMs / 1_000, wallMs / 1_000);
    let removed = 0;
    for (const name of await readdir(folder)) {
      if (removed === mostRemoved) break;
      const path = join(folder, name);
      const found = await stat(path).catch(() => undefined); // another process may have removed it
      if (name === basename(own) || !found || wallMs - found.mtimeMs <= keptMs) continue;
      await rm(path, { recursive: true, force: true });
      removed += 1;
    }
    return undefined;
  } catch (error) {
    return `Compiled modules of former versions stay in ${folder}: ${error}`;
  }
}
