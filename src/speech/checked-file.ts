import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { BotError } from '#src/base/errors.ts';

/**
 * Reads a file of an installed package, only if its checksum is the expected one; for worker threads, it blocks.
 *
 * `resolved` comes from `import.meta.resolve`. Errors: BotError `speech.failed`.
 */
export function readChecked(resolved: string, sha256: string): Buffer<ArrayBuffer> {
  const bytes = readPart(resolved);
  const found = createHash('sha256').update(bytes).digest('hex');
  if (found === sha256) return bytes;
  const message = `${shortName(resolved)} is not the file this was made for (sha256 ${found.slice(0, 12)}\u2026): run npm ci.`;
  throw new BotError('speech.failed', false, message);
}

/** A file of an installed package. Errors: BotError `speech.failed`. */
export function readPart(resolved: string): Buffer<ArrayBuffer> {
  try {
    return readFileSync(fileURLToPath(resolved));
  } catch (cause) {
    const message = `${shortName(resolved)} could not be read: run npm ci.`;
    throw new BotError('speech.failed', false, message, cause);
  }
}

function shortName(resolved: string): string {
  return resolved.replace(/^.*\/node_modules\//, '');
}
