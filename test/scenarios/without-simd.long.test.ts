import { expect } from 'vitest';
import { runToEnd } from '#test/fakes/bot-process.ts';
import { scenario } from '#test/scenarios/setup/scenario-setup.ts';

scenario('where WebAssembly has no SIMD the bot hears all the same, and says so once', async () => {
  const { code, out } = await runToEnd({}, ['--once'], ['--no-enable-sse4-1']);
  expect(code).toBe(0);
  const lines = out.match(/WebAssembly has no SIMD on this processor/g) ?? [];
  // The flag means nothing on other processors.
  expect(lines.length).toBe(process.arch === 'x64' ? 1 : 0);
});
