import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import manifest from '#package.json' with { type: 'json' };

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

/** Imports a module that imports our own ones, then one of them from outside of the program. */
const importing = `
  import { resolveOwnImports } from '${import.meta.resolve('#src/base/open-compile-cache.mjs')}';
  resolveOwnImports();
  const { dayOf } = await import('${import.meta.resolve('#src/spending/session-budgets.ts')}').then(
    () => import('${import.meta.resolve('#src/spending/calendar.ts')}'),
  );
  const stranger = await import('data:text/javascript,import "%23src/spending/calendar.ts"').catch(({ code }) => code);
  console.log(dayOf(0), stranger);
`;

test('our own imports are the files that package.json names, for our own modules alone', () => {
  const ours = Object.entries(manifest.imports).filter(([name]) => name.includes('/'));
  expect(ours).toEqual(ours.map(([name]) => [name, name.replace('#', './')]));
  expect(ours.every(([name]) => /^#[a-z]+\/\*$/.test(name))).toBe(true);
  const run = ['--input-type=module', '-e', importing];
  const out = execFileSync(process.execPath, run, { env: {}, cwd: tmpdir(), encoding: 'utf8' });
  expect(out.trim()).toMatch(/^1970-01-01 ERR_\w+$/);
});

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
