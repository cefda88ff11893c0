import { defineConfig } from 'vitest/config';

/** `RECORD_DIR=folder npx vitest run --config test/record/vitest.config.ts`: writes what can be seen from outside. */
export default defineConfig({
  test: {
    root: new URL('../..', import.meta.url).pathname,
    include: ['test/record/*.record.ts'],
    isolate: false,
    experimental: { viteModuleRunner: false, nodeLoader: false },
  },
});
