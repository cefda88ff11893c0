import { createRequire } from 'node:module';
import type { TestProject } from 'vitest/node';
import packageJson from '#package.json' with { type: 'json' };

declare module 'vitest' {
  interface ProvidedContext {
    /** Optional packages that do not load here: they have no binary for this machine, or were not built. */
    absentPackages: readonly string[];
  }
}

const { PARLEY_NO_SKIP: noSkip } = process.env;
const require = createRequire(import.meta.url);

/** Looks once for the optional packages; tests of an absent one are skipped, and one line says so. */
export function setup({ provide }: Pick<TestProject, 'provide'>) {
  const absent = Object.keys(packageJson.optionalDependencies).filter(
    (name) => !canLoad(name),
  );
  provide('absentPackages', absent);
  if (absent.length === 0) return;
  const line = `NO ${absent.join(', ')}: ITS TESTS ARE SKIPPED. To run them: npm ci on a system for which they have a library, with a C++ compiler, make and Python 3.`;
  if (noSkip) throw new Error(line);
  console.error(`\n${line}\n`);
}

function canLoad(name: string) {
  try {
    require(name);
    return true;
  } catch {
    return false;
  }
}
