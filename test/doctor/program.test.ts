import { execFile } from 'node:child_process';
import { tmpdir } from 'node:os';
import { resolve } from 'node:path';
import { promisify } from 'node:util';
import { getCompileCacheEnvironment } from '#src/base/compile-cache.ts';
import { canary } from './run-examination.ts';

const run = promisify(execFile);

test('the program ends by itself with its exit code, and repeats nothing it was given', async () => {
  const env = { ...getCompileCacheEnvironment(), OPENAI_API_KEY: canary };
  const options = { env, cwd: tmpdir(), timeout: 60_000 };
  const main = resolve('doctor/main.ts');
  const good = await run(process.execPath, [main, '--offline'], options);
  expect(good.stdout).toContain('CHAT_COMPLETION: https://api.openai.com/v1, key set');
  expect(good.stdout).not.toContain(canary);
  const bad = run(process.execPath, [main, '--key', canary], options);
  await expect(bad).rejects.toMatchObject({ code: 78 });
});
