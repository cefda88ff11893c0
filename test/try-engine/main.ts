import '#src/base/help/program-help.mjs';
import { startVitest } from 'vitest/node';

/** `npm run try-engine -- ./mine.mjs`: the doctor's probe and the contract of its role, over an engine from outside. */
const [place] = process.argv.slice(2);
if (place === undefined) {
  console.error('Usage: npm run try-engine -- ./mine.mjs');
  process.exit(64);
}
const run = await startVitest('test', [], {
  config: false,
  include: ['test/try-engine/*.try.ts'],
  watch: false,
  env: { TRY_ENGINE: place },
  testTimeout: 60_000,
  experimental: { viteModuleRunner: false },
});
await run.close();
