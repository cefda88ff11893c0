import { readFileSync } from 'node:fs';
import { join } from 'node:path';

type File = { readonly moduleId: string };
type Runner = {
  readonly cache: {
    getTestSpecificationResult(file: File): { readonly duration: number } | undefined;
  };
};

/** Runs quick test files first, as far as their time is known: the first failure ends the run of a mutant. */
class QuickFirst {
  readonly #runner: Runner;

  constructor(runner: Runner) {
    this.#runner = runner;
  }

  async sort(files: readonly File[]): Promise<readonly File[]> {
    const { cache } = this.#runner;
    const timeMs = (file: File) => cache.getTestSpecificationResult(file)?.duration ?? 0;
    return files.toSorted((a, b) => timeMs(a) - timeMs(b));
  }

  async shard(files: readonly File[]): Promise<readonly File[]> {
    return files;
  }
}

/** Arguments of `main.ts`. */
const { tests } = JSON.parse(readFileSync(join(import.meta.dirname, 'reports/asked.json'), 'utf8'));

/** The tests of the folder that is mutated, in one worker for each mutant: no state of a mutant reaches the next one. */
export default {
  test: {
    include: tests,
    globalSetup: ['test/postgres-setup.ts'],
    setupFiles: ['src/discord/library/sodium.ts', 'test/mutation/coverage-setup.ts'],
    // Seconds each, and many times that in the mutated copy, for what quicker files judge as well.
    exclude: [
      '**/*.long.test.ts',
      'test/turn/noises.test.ts',
      'test/turn/endpointing/recordings.test.ts',
    ],
    isolate: false,
    pool: 'threads',
    restoreMocks: true,
    sequence: { sequencer: QuickFirst },
    testTimeout: 120_000,
    expect: { poll: { timeout: 20_000 } },
    experimental: { viteModuleRunner: false },
  },
};
