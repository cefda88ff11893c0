import { readFile, stat } from 'node:fs/promises';
import { resolve } from 'node:path';
import { durationMs } from '#src/audio/pcm.ts';
import { readWav } from '#src/audio/wav.ts';
import { BotError } from '#src/base/errors.ts';

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
  throw bad(`${path} is no file, or bigger than 64 MiB.`);
}

const reasons: Readonly<Record<string, string>> = {
  ENOENT: 'there is no such file',
  EACCES: 'access is denied',
};

function bad(message: string, cause?: unknown): BotError {
  return new BotError('audio.bad_wav', false, message, cause);
}
