import { getCompileCacheDir } from 'node:module';

export function getCompileCacheEnvironment(): Readonly<Record<string, string>> {
  const directory = getCompileCacheDir();
  return directory === undefined ? {} : { NODE_COMPILE_CACHE: directory };
}
