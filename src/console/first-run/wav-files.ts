import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { BotError, messageOf } from '#src/base/errors.ts';
import { makeFolder } from '#src/base/make-folder.ts';

/** The newest so many sounds are kept; older ones are deleted. */
const keptLimit = 50;
const numbered = /-(\d+)\.wav$/;

/** Where what people heard is kept, as `adam-7.wav`; numbers go on where a former run ended. */
export class WavFolder {
  readonly #dataDir: string;
  #former: Promise<number> | undefined;
  #placed = 0;

  constructor(dataDir: string) {
    this.#dataDir = dataDir;
  }

  /** A path nothing stands at yet, in a folder that is there. Errors: as `openFolder`. */
  async place(person: string): Promise<string> {
    const folder = await openFolder(this.#dataDir);
    this.#former ??= highestIn(folder);
    const number = (await this.#former) + ++this.#placed;
    return join(folder, `${person.toLowerCase()}-${number}.wav`);
  }

  /** Deletes files over the limit. Errors: as `openFolder`. */
  async tidy(): Promise<void> {
    const folder = await openFolder(this.#dataDir);
    const kept = (await readdir(folder)).flatMap((file) => {
      const number = numberOf(file);
      return number === undefined ? [] : [{ file, number }];
    });
    const newestFirst = kept.toSorted((a, b) => b.number - a.number);
    for (const { file } of newestFirst.slice(keptLimit)) {
      await rm(join(folder, file), { force: true }).catch(() => undefined);
    }
  }
}

/** The folder for what people heard. Errors: BotError `sandbox.failed` when it cannot be made. */
export async function openFolder(dataDir: string): Promise<string> {
  const folder = join(dataDir, 'sandbox');
  try {
    makeFolder(folder);
    return folder;
  } catch (cause) {
    const message = `The sandbox cannot keep files in ${folder}, check DATA_DIR: ${messageOf(cause)}.`;
    throw new BotError('sandbox.failed', false, message, cause);
  }
}

async function highestIn(folder: string): Promise<number> {
  const files = await readdir(folder);
  return files.reduce((highest, file) => Math.max(highest, numberOf(file) ?? 0), 0);
}

function numberOf(file: string): number | undefined {
  const [, number] = numbered.exec(file) ?? [];
  return number === undefined ? undefined : Number(number);
}
