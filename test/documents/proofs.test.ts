import { execFileSync } from 'node:child_process';

test('the tables of what has been tried are those that the checks declare', () => {
  const program = ['scripts/write-proofs.mjs', '--check'];
  expect(() =>
    execFileSync(process.execPath, program, { stdio: 'pipe' }),
  ).not.toThrow();
});
