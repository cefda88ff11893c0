import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { runToEnd } from '#test/fakes/bot-process.ts';

/** A release: the bundle beside files that are no code, without a source in TypeScript. */
const root = mkdtempSync(join(tmpdir(), 'parley-'));
const releasing = `
cp -r src commands doctor setup sandbox page package.json "$0"
mkdir "$0/scripts" "$0/node_modules"
cp scripts/bundle.mjs "$0/scripts"
ln -s "$PWD/models" "$0"
ln -s "$PWD"/node_modules/* "$0/node_modules"
node "$0/scripts/bundle.mjs"
find "$0/src" "$0/commands" "$0/doctor" "$0/setup" "$0/sandbox" "$0/page" -name '*.ts' -delete
`;
const printed = execFileSync('sh', ['-ec', releasing, root], { encoding: 'utf8' });
const program = join(root, 'dist/parley.mjs');
afterAll(() => rmSync(root, { recursive: true }));

test('the bundle holds no character outside ASCII, which would take twice the memory', () => {
  expect(printed).toMatch(/dist: \d+ files, \d\.\d MB of code/);
  const countFiles = (pattern: string) =>
    execFileSync('sh', [
      '-c',
      `LC_ALL=C grep -rlP '${pattern}' "$0"/*.mjs | wc -l`,
      join(root, 'dist'),
    ]);
  expect(Number(countFiles('import'))).toBeGreaterThan(10);
  expect(Number(countFiles('[^\\x00-\\x7F]'))).toBe(0);
});

test('a bundle without its sources prints its help', async () => {
  const { code, out } = await runToEnd({}, ['--help'], [], program);
  expect(code).toBe(0);
  expect(out).toContain('npm start [-- --once]');
});

test('a bundle without its sources finds its threads, processes, models and sounds: it is asked, hears and answers', async () => {
  const environment = { DATA_DIR: join(root, 'data') };
  const once = await runToEnd(environment, ['--once'], [], program);
  expect(once.complaints).toBe('');
  expect(once.out).toContain('What time is it?');
  expect(once.out).toContain('the received sound holds 100 % of the spoken words');
  expect(once.code).toBe(0);
});
