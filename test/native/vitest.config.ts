import { defineConfig } from 'vitest/config';

/** Tests that need a program that `npm ci` does not install: `.ci/litellm-proxy` brings it and runs this. */
export default defineConfig({
  test: {
    globals: true,
    dir: import.meta.dirname,
    include: ['*.check.ts'],
    testTimeout: 120_000,
    hookTimeout: 60_000,
    tags: [{ name: 'nightly', description: 'Takes minutes.', timeout: 330_000 }],
    experimental: { viteModuleRunner: false },
  },
});
