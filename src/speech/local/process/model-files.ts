import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { basename, dirname, join, relative, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import { hashFile } from '#src/base/disk.ts';
import { BotError, getErrorMessage } from '#src/base/errors.ts';
import { getModelFolder, localVoiceFolder } from '#src/speech/local/folders.ts';

const gitFolder = fileURLToPath(new URL('../../../../.git', import.meta.url));

/** Remedy for a bot that was built without its own voice. */
const voiceRemedy =
  'this build has no voice of its own: name a speech server in SPEECH_BASE_URL, or the folder of a Piper voice in SPEECH_MODEL (npm run setup asks); an image gets it with VOICE=joe';

/** Returns the remedy for a file of a model at fault. An image and an archive have no git, and can have no voice. */
export function getModelRemedy(
  path: string,
  hasGit: boolean = existsSync(gitFolder),
): string {
  if (hasGit) return 'run git checkout -- models, or clone again';
  const folder = dirname(path);
  return basename(folder) === localVoiceFolder && !existsSync(folder)
    ? voiceRemedy
    : 'unpack the archive again, or pull the image again';
}

/** Reads a text of a model. Throws like `checkModelFile`. */
export async function readModelText(
  path: string,
  encoding: 'utf8' | 'latin1',
): Promise<string> {
  await checkModelFile(path);
  return await readFile(path, encoding);
}

/** Throws BotError `speech.failed` for a file that `findModelFault` finds at fault. */
export async function checkModelFile(
  path: string,
  models: string = getModelFolder('.'),
): Promise<void> {
  const fault = await findModelFault(path, models);
  if (fault !== undefined)
    throw new BotError('speech.failed', false, `${fault}: ${getModelRemedy(path)}.`);
}

/** Lists the files of a folder of `models` that have a checksum. */
export async function listModelFiles(
  folder: string,
  models: string = getModelFolder('.'),
): Promise<readonly string[]> {
  const prefix = `${toListedName(folder, models)}/`;
  const sums = await readSums(models);
  return [...sums.keys()]
    .filter((name) => name.startsWith(prefix))
    .map((name) => join(models, name));
}

/**
 * Compares a file with `models/SHA256SUMS`, at about 1 GB a second. Returns the fault of a file that is missing, cannot be read or is another one
 * than that of this version. Files of other folders, which the operator chose, have no checksum.
 */
export async function findModelFault(
  path: string,
  models: string = getModelFolder('.'),
): Promise<string | undefined> {
  const name = toListedName(path, models);
  const sum = (await readSums(models)).get(name);
  if (sum === undefined) return undefined;
  if (!existsSync(path)) return `models/${name} is missing`;
  try {
    if ((await hashFile(path)) === sum) return undefined;
  } catch (error) {
    return `models/${name} cannot be read (${getErrorMessage(error)})`;
  }
  return `models/${name} is not the file of this version, as models/SHA256SUMS tells`;
}

async function readSums(models: string) {
  const text = await readFile(join(models, 'SHA256SUMS'), 'utf8').catch(() => '');
  const rows = text.split('\n').map((line) => line.split('  '));
  return new Map(rows.map(([sum = '', name = '']) => [name, sum]));
}

function toListedName(path: string, models: string) {
  return relative(models, path).replaceAll(sep, '/');
}
