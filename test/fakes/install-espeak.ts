import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const program = fileURLToPath(new URL('espeak-ng.ts', import.meta.url));

/** Installs the `espeak-ng` of the tests below a folder. Returns a value of `PATH` that finds it. */
export async function installEspeak(folder: string): Promise<string> {
  const place = join(folder, 'bin');
  const script = `#!/bin/sh\nexec '${process.execPath}' '${program}' "$@"\n`;
  await mkdir(place, { recursive: true });
  await writeFile(join(place, 'espeak-ng'), script, { mode: 0o755 });
  return place;
}
