import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';

const cache = import.meta.resolve('#src/base/compile-cache.ts');
/** Prints where a thread keeps compiled modules that was started with this environment alone. */
const program = (directory: string) => `
  import { enableCompileCache } from 'node:module';
  import { Worker } from 'node:worker_threads';
  import { compileCacheEnvironment } from '${cache}';
  if (${JSON.stringify(directory)}) enableCompileCache(${JSON.stringify(directory)});
  const thread = 'console.log(process.getBuiltinModule("node:module").getCompileCacheDir() ?? "nowhere")';
  new Worker(thread, { eval: true, env: compileCacheEnvironment() });
`;

function threadCache(directory: string): string {
  const run = ['--input-type=module', '-e', program(directory)];
  return execFileSync(process.execPath, run, { env: {}, encoding: 'utf8' }).trim();
}

test('a thread keeps compiled modules where its process does, if it does', () => {
  const directory = mkdtempSync(join(tmpdir(), 'parley-cache-'));
  onTestFinished(() => rmSync(directory, { recursive: true }));
  expect(threadCache(directory)).toContain(directory);
  expect(threadCache('')).toBe('nowhere');
});
