import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';

const run = promisify(execFile);

test('every counter of the checkout has a figure beside the wanted one', async () => {
  const { stdout } = await run(process.execPath, ['scripts/house/main.ts']);
  const rows = stdout.match(/^│ (?!\(index\)).+│$/gm) ?? [];
  expect(rows.length).toBeGreaterThan(20);
  for (const row of rows) expect(row).not.toMatch(/undefined|NaN|│ +│/);
});
