import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { BotError } from '#src/base/errors.ts';

/**
 * Reads a file of an installed package; for worker threads, it blocks.
 *
 * `resolved` comes from `import.meta.resolve`. Errors: BotError `speech.failed`.
 */
export function readPackageFile(resolved: string): Buffer<ArrayBuffer> {
  try {
    return readFileSync(fileURLToPath(resolved));
  } catch (cause) {
    const name = resolved.replace(/^.*\/node_modules\//, '');
    throw new BotError('speech.failed', false, `${name} could not be read: run npm ci.`, cause);
  }
}
