import { createHash } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const reports = join(import.meta.dirname, 'reports');
const drawnPath = join(reports, 'drawn.json');
/** Arguments of `main.ts`. */
const { mutants: most, seed } = JSON.parse(readFileSync(join(reports, 'asked.json'), 'utf8'));

/** Passes as many mutants of the folder as asked for, the same for the same seed; 0: all. Stryker counts the others as not valid. */
class Sample {
  async init() {}

  /** Sees all mutants at once. */
  async group(mutants) {
    const drawn = mutants
      .map((mutant) => ({ id: mutant.id, lot: lotOf(mutant) }))
      .sort((a, b) => (a.lot < b.lot ? -1 : 1))
      .slice(0, most || mutants.length);
    writeFileSync(drawnPath, JSON.stringify(drawn.map(({ id }) => id)));
    return mutants.map(({ id }) => [id]);
  }

  async check(mutants) {
    const drawn = new Set(JSON.parse(readFileSync(drawnPath, 'utf8')));
    const verdict = ({ id }) =>
      drawn.has(id) ? { status: 'passed' } : { status: 'compileError', reason: 'not drawn' };
    return Object.fromEntries(mutants.map((mutant) => [mutant.id, verdict(mutant)]));
  }
}

function lotOf({ fileName, location, mutatorName, replacement }) {
  const place = JSON.stringify([
    fileName.replace(/.*\/src\//, ''),
    location,
    mutatorName,
    replacement,
  ]);
  return createHash('sha256').update(`${seed} ${place}`).digest('hex');
}

/** Plugins as Stryker's `declareClassPlugin` makes them. */
export const strykerPlugins = [{ kind: 'Checker', name: 'sample', injectableClass: Sample }];
