import { describe, inject } from 'vitest';
import type packageJson from '#package.json';

/** Tests that need an optional package; skipped as a whole where it does not load, which the run says in one line. */
export function withPackage(
  name: keyof typeof packageJson.optionalDependencies,
  define: () => void,
) {
  describe.skipIf(inject('absentPackages').includes(name))(name, define);
}
