import { defineConfig } from 'vitest/config';

/** What needs a native module that `npm ci` does not install; `.ci/opus-from-source` builds it and runs this. */
export default defineConfig({
  test: {
    dir: import.meta.dirname,
    include: ['*.check.ts'],
    setupFiles: ['src/discord/library/sodium.ts'],
    experimental: { viteModuleRunner: false },
  },
});
