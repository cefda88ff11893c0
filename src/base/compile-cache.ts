import { getCompileCacheDir } from 'node:module';

/** Environment of threads that run our own code: they keep compiled modules where this process does, if it does. */
export function compileCacheEnvironment(): Readonly<Record<string, string>> {
  const directory = getCompileCacheDir();
  return directory === undefined ? {} : { NODE_COMPILE_CACHE: directory };
}
