import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, inject } from 'vitest';
import type packageJson from '#package.json';

/** Tests that need an optional package; skipped as a whole where it does not load, which the run says in one line. */
export function withPackage(
  name: keyof typeof packageJson.optionalDependencies,
  define: () => void,
) {
  describe.skipIf(inject('absentPackages').includes(name))(name, define);
}

const program = fileURLToPath(new URL('espeak-ng.ts', import.meta.url));

/** Installs the `espeak-ng` of the tests below a folder. Returns a value of `PATH` that finds it. */
export function installEspeak(folder: string): string {
  const place = join(folder, 'bin');
  const script = `#!/bin/sh\nexec '${process.execPath}' '${program}' "$@"\n`;
  mkdirSync(place, { recursive: true });
  writeFileSync(join(place, 'espeak-ng'), script, { mode: 0o755 });
  return place;
}
