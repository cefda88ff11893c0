import { chmodSync, mkdtempSync, readFileSync, rmSync, statfsSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { configDefaults, defineConfig } from 'vitest/config';
import { FolderTimesReporter } from '#test/folder-times-reporter.ts';
import { RepeatReporter } from '#test/repeat-reporter.ts';
import { TestSequencer } from '#test/test-sequencer.ts';

if (!process.features.typescript)
  throw new Error('Tests need Node 24: npm ci, then npm test.');

const compiled = fileURLToPath(
  new URL('node_modules/.cache/parley-tests', import.meta.url),
);

const tests = '{bench,test}/**/*.test.ts';
/** `npm run test:long`: what starts programs or models of speech, plays for minutes, or repeats a rule over many seeds, servers or file formats. */
const longTests = '{bench,test}/**/*.long.test.ts';
/** Both kinds of tests: the usual ones play the first row of each table, the long ones all (`listRows` of `test/properties.ts`). */
const rowTests = '{bench,test}/**/*.rows.test.ts';

/** A module by which workers resolve our own imports as the bot does. */
const resolvingOwnImports = `data:text/javascript,import{resolveOwnImports}from'${new URL('src/base/module-loading.mjs', import.meta.url)}';resolveOwnImports()`;
/** Modules that must run before the library that they mend. */
const mends = ['undici', 'sodium'].flatMap((name) => [
  '--import',
  new URL(`src/discord/library/${name}.ts`, import.meta.url).href,
]);
/** Free memory, in bytes, from which temporary files may lie in it. */
const roomyBytes = 2 * 1024 ** 3;

/** A folder in memory for temporary files, removed with this process: stores are synced thousands of times. Nothing where the system has none that is roomy and runs programs. */
function inMemory() {
  const place = '/dev/shm';
  try {
    const mount = readFileSync('/proc/mounts', 'utf8').match(
      /^\S+ \/dev\/shm tmpfs (\S+)/m,
    );
    const { bavail, bsize } = statfsSync(place);
    if (!mount || /\bnoexec\b/.test(mount[1] ?? '') || bavail * bsize < roomyBytes)
      return {};
    const folder = mkdtempSync(join(place, 'parley-tests-'));
    // PostgreSQL runs as another user there.
    chmodSync(folder, 0o755);
    process.once('exit', () => rmSync(folder, { recursive: true, force: true }));
    return { TMPDIR: folder };
  } catch {
    return {};
  }
}

export default defineConfig({
  test: {
    projects: [
      {
        extends: true,
        test: {
          name: 'usual',
          include: [tests],
          exclude: [...configDefaults.exclude, longTests],
        },
      },
      {
        extends: true,
        test: {
          name: 'long',
          include: [longTests, rowTests],
          env: { ALL_ROWS: '1' },
        },
      },
    ],
    globals: true,
    isolate: false,
    // Twice the cores: every other test waits, for connections and for people who speak. Each worker compiles the modules anew.
    maxWorkers: 2 * availableParallelism(),
    // Each scenario that is played beside others has a bot of its own: starting one costs more than what it does then.
    maxConcurrency: 3,
    sequence: { sequencer: TestSequencer },
    reporters: [
      ...configDefaults.reporters,
      new RepeatReporter(),
      new FolderTimesReporter(),
    ],
    restoreMocks: true,
    // What is waited for comes late on a busy machine.
    expect: { poll: { timeout: 20_000 } },
    // A test that hangs ends by this; a slow machine must not.
    testTimeout: 60_000,
    hookTimeout: 60_000,
    globalSetup: ['test/postgres-setup.ts', 'test/optional-packages-setup.ts'],
    // Workers, and the threads and programs that tests start, compile each module once.
    env: { NODE_COMPILE_CACHE: compiled, ORT_DISABLE_TELEMETRY: '1', ...inMemory() },
    // Once for each worker: a setup file runs anew before each test file, and each run would add its hook to all before it.
    execArgv: ['--import', resolvingOwnImports, ...mends],
    // No test mocks modules, so none needs to be read for mocks.
    experimental: { viteModuleRunner: false, nodeLoader: false },
  },
});
