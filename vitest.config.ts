import { availableParallelism } from 'node:os';
import { fileURLToPath } from 'node:url';
import { configDefaults, defineConfig } from 'vitest/config';
import { RepeatReporter } from './test/repeats.ts';
import { Sequencer } from './test/sequencer.ts';

if (!process.features.typescript) throw new Error('Tests need Node 24: npm ci, then npm test.');

const compiled = fileURLToPath(new URL('node_modules/.cache/parley-tests', import.meta.url));

const tests = '{bench,test}/**/*.test.ts';
/** `npm run test:long`: many seconds each, for what seldom breaks alone (restarts, takeovers, releases, every file format). */
const longTests = '{bench,test}/**/*.long.test.ts';

export default defineConfig({
  test: {
    projects: [
      {
        extends: true,
        test: { name: 'usual', include: [tests], exclude: [...configDefaults.exclude, longTests] },
      },
      { extends: true, test: { name: 'long', include: [longTests] } },
    ],
    isolate: false,
    // Scenarios mostly wait for people who speak: on two cores four at a time, elsewhere as many as vitest takes by itself.
    maxWorkers: Math.max(4, availableParallelism() - 1),
    // Each scenario that is played beside others has a bot of its own: starting one costs more than what it does then.
    maxConcurrency: 3,
    sequence: { sequencer: Sequencer },
    reporters: [...configDefaults.reporters, new RepeatReporter()],
    restoreMocks: true,
    // What is waited for comes late on a busy machine.
    expect: { poll: { timeout: 20_000 } },
    // A test that hangs ends by this; a slow machine must not.
    testTimeout: 60_000,
    hookTimeout: 60_000,
    globalSetup: ['test/postgres-setup.ts'],
    // Workers, and the threads and programs that tests start, compile each module once.
    env: { NODE_COMPILE_CACHE: compiled },
    // Once for each worker: a setup file runs anew before each test file, and each run would add its hook to all before it.
    execArgv: ['undici', 'sodium'].flatMap((name) => [
      '--import',
      new URL(`src/discord/library/${name}.ts`, import.meta.url).href,
    ]),
    experimental: { viteModuleRunner: false },
  },
});
