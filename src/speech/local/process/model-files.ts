import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join, relative, sep } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { BotError } from '#src/base/errors.ts';
import { getModelFolder } from '#src/speech/local/folders.ts';

/** Reads a text of a model. Throws like `checkModelFile`. */
export async function readModelText(
  path: string,
  encoding: 'utf8' | 'latin1',
): Promise<string> {
  await checkModelFile(path);
  return await readFile(path, encoding);
}

/**
 * Compares a file with `models/SHA256SUMS`, at about 400 MB a second. Files of other folders, which the operator chose, have
 * no checksum. Throws BotError `speech.failed` for another file than that of this version.
 */
export async function checkModelFile(
  path: string,
  models: string = getModelFolder('.'),
): Promise<void> {
  const name = relative(models, path).replaceAll(sep, '/');
  const sums = await readFile(join(models, 'SHA256SUMS'), 'utf8');
  const line = sums.split('\n').find((listed) => listed.endsWith(`  ${name}`));
  if (line === undefined) return;
  const hash = createHash('sha256');
  await pipeline(createReadStream(path), hash);
  if (line.startsWith(`${hash.digest('hex')} `)) return;
  const message = `models/${name} is not the file of this version, as models/SHA256SUMS tells: fetch the folder models again, with git checkout -- models.`;
  throw new BotError('speech.failed', false, message);
}
