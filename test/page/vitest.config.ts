import { fileURLToPath } from 'node:url';
import { configDefaults, defineConfig } from 'vitest/config';
import { RepeatReporter } from '#test/repeat-reporter.ts';
import { TestSequencer } from '#test/test-sequencer.ts';

/** `npm run test:page`: the page in real browsers, which not every machine has. */
// Proves: Chromium by real (without a window, with a recorded microphone)
// Proves: Firefox by real (without a window, with a tone as microphone)
export default defineConfig({
  test: {
    root: fileURLToPath(new URL('../..', import.meta.url)),
    include: ['test/page/browser/*.browser.ts'],
    globalSetup: ['test/page/chromium.ts', 'test/page/firefox.ts'],
    globals: true,
    isolate: false,
    sequence: { sequencer: TestSequencer },
    reporters: [...configDefaults.reporters, new RepeatReporter()],
    // Browsers start and draw in real time; repeats are counted and limited, as those of scenarios are.
    retry: 1,
    // Each has browsers and programs of its own, and waits more than it computes.
    maxWorkers: 2,
    expect: { poll: { timeout: 40_000 } },
    testTimeout: 120_000,
    hookTimeout: 60_000,
    experimental: { viteModuleRunner: false },
  },
});
