import { glob } from 'node:fs/promises';

/**
 * Paths of the files that `pattern` matches, relative to the repository.
 * knip takes a pattern that stands in a call of `glob` for an import of all it matches, and would then find nothing unused
 * among them: every pattern of source files goes through here.
 */
export function sourceFiles(pattern: string): AsyncIterable<string> {
  return glob(pattern, { exclude: ['**/node_modules/**'] });
}
