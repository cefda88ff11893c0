import { mkdir, readdir, readFile, rm, stat } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { durationMs } from '#src/audio/pcm.ts';
import { readWav } from '#src/audio/wav.ts';
import { BotError } from '#src/base/errors.ts';

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
    await mkdir(folder, { recursive: true });
    return folder;
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : 'no reason given';
    const message = `The sandbox cannot keep files in ${folder}, check DATA_DIR: ${why}.`;
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

const limitBytes = 64 * 1024 * 1024;
const limitMs = 10 * 60_000;

/** Full paths of WAV files that can be spoken. Errors: BotError `audio.bad_wav` naming the first that cannot. */
export async function checkRecordings(paths: readonly string[]): Promise<readonly string[]> {
  const full = paths.map((path) => resolve(path));
  for (const path of full) await check(path);
  return full;
}

async function check(path: string): Promise<void> {
  const bytes = await read(path);
  try {
    if (durationMs(readWav(bytes)) > limitMs) throw bad(`${path} is longer than 10 minutes.`);
  } catch (cause) {
    if (!(cause instanceof BotError) || cause.message.startsWith(path)) throw cause;
    throw bad(`${path} cannot be spoken: ${cause.message}`, cause);
  }
}

async function read(path: string): Promise<Buffer> {
  try {
    const file = await stat(path);
    if (file.isFile() && file.size <= limitBytes) return await readFile(path);
  } catch (cause) {
    const code = cause instanceof Error && 'code' in cause ? `${cause.code}` : 'no reason given';
    throw bad(`${path} cannot be read: ${reasons[code] ?? code}.`, cause);
  }
  throw bad(`${path} is not a file, or is larger than 64 MiB.`);
}

const reasons: Readonly<Record<string, string>> = {
  ENOENT: 'there is no such file',
  EACCES: 'access is denied',
};

function bad(message: string, cause?: unknown): BotError {
  return new BotError('audio.bad_wav', false, message, cause);
}
