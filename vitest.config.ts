import { availableParallelism } from 'node:os';
import { defineConfig } from 'vitest/config';
import { Sequencer } from './test/sequencer.ts';

if (!process.features.typescript) throw new Error('Tests need Node 24: npm ci, then npm test.');

export default defineConfig({
  test: {
    include: ['{bench,test}/**/*.test.ts'],
    isolate: false,
    // Scenarios mostly wait for people who speak: on two cores four at a time, elsewhere as many as vitest takes by itself.
    maxWorkers: Math.max(4, availableParallelism() - 1),
    sequence: { sequencer: Sequencer },
    restoreMocks: true,
    // What is waited for comes late on a busy machine.
    expect: { poll: { timeout: 20_000 } },
    // A test that hangs ends by this; a slow machine must not.
    testTimeout: 60_000,
    hookTimeout: 60_000,
    globalSetup: ['test/postgres-setup.ts'],
    setupFiles: ['src/discord/library/sodium.ts'],
    experimental: { viteModuleRunner: false },
  },
});
