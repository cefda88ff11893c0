import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';

const root = fileURLToPath(new URL('..', import.meta.url));
const vitest = join(root, 'node_modules/vitest/vitest.mjs');
const limitMs = 60_000;

/** A run of vitest over one file: its tests fail at their first attempt, and at the second one, too, as often as `failures` says. */
async function runOf(...failures: readonly number[]) {
  await using stack = new AsyncDisposableStack();
  // Below the project, where `vitest` is found.
  const cache = join(root, 'node_modules/.cache');
  await mkdir(cache, { recursive: true });
  const folder = await mkdtemp(join(cache, 'repeats-'));
  stack.defer(() => rm(folder, { recursive: true }));
  const tests = failures.map(
    (count, n) =>
      `test('test ${n + 1}', { retry: 1 }, () => { if (failed[${n}]++ < ${count}) throw new Error('why ${n + 1}'); });`,
  );
  const start = `import { test } from 'vitest';\nconst failed = [${failures.map(() => 0)}];\n`;
  await writeFile(join(folder, 'some.test.mjs'), `${start}${tests.join('\n')}`);
  await writeFile(
    join(folder, 'vitest.config.mjs'),
    `import { RepeatReporter } from '${join(root, 'test/repeats.ts')}';
    export default { test: { reporters: ['default', new RepeatReporter()] } };`,
  );
  const child = spawn(process.execPath, [vitest, 'run', '--root', folder], {
    cwd: folder,
    timeout: limitMs,
  });
  const [out, [code]] = await Promise.all([text(child.stdout), once(child, 'close')]);
  return { out, code };
}

test('a test that passes at its second attempt is named and counted below the summary', async () => {
  const { out, code } = await runOf(0, 1, 1, 1);
  expect(out).toContain('Repeated: test 2: why 2');
  expect(out.trimEnd().split('\n').at(-1)).toBe('Tests repeated: 3');
  expect(code).toBe(0);
});

test('a run with more than three repeated tests fails, though each passed in the end', async () => {
  const { out, code } = await runOf(1, 1, 1, 1);
  expect(out).toContain('Tests repeated: 4, more than 3: the run fails');
  expect(code).toBe(1);
});

test('a test that failed twice is a failure', async () => {
  const { out, code } = await runOf(0, 2);
  expect(out).toContain('Tests repeated: 1');
  expect(code).toBe(1);
});
