import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';

const run = promisify(execFile);

test('fewer than forty small files of src have a single importer, which they could move into', async () => {
  const { stdout } = await run(process.execPath, ['scripts/code-size.mjs', '--small']);
  const files = stdout.trim().split('\n');
  expect(files.every((line) => /^\d+\tsrc\/\S+\t<- \S+$/.test(line))).toBe(true);
  expect(files.length).toBeLessThan(40);
});
