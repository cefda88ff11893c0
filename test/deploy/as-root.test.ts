import { spawnSync } from 'node:child_process';
import {
  chmodSync,
  mkdirSync,
  mkdtempDisposableSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';

/** The start of a bot by root on a machine without setpriv, where programs that need root only pretend. */
function startAsRoot(environment: Readonly<Record<string, string>> = {}) {
  using made = mkdtempDisposableSync(join(tmpdir(), 'parley-root-'));
  const folder = made.path;
  const [programs, app] = [join(folder, 'bin'), join(folder, 'app')];
  for (const path of [programs, app]) mkdirSync(path);
  symlinkSync(join(folder, 'data'), join(app, 'data'));
  const writeProgram = (name: string, lines: string) => {
    writeFileSync(join(programs, name), `#!/bin/sh\n${lines}\n`);
    chmodSync(join(programs, name), 0o755);
  };
  writeProgram('id', 'echo 0');
  writeProgram('install', 'exit 0');
  writeProgram('setpriv', 'exit 127');
  writeProgram('node', '[ "$3" != dist/parley.mjs ] || echo started');
  const { status, stdout, stderr } = spawnSync(
    'sh',
    ['deploy/image-steps.sh', 'start', app],
    {
      env: { PATH: [programs, '/usr/bin', '/bin'].join(delimiter), ...environment },
      encoding: 'utf8',
      timeout: 20_000,
    },
  );
  return { status, stdout, stderr };
}

test('if root cannot drop its rights, the bot does not start, and the operator reads what to do', () => {
  const { status, stdout, stderr } = startAsRoot();
  expect([status, stdout]).toEqual([78, '']);
  expect(stderr).toContain('set PARLEY_AS_ROOT=1');
});

test('whoever wants it runs the bot as root', () =>
  expect(startAsRoot({ PARLEY_AS_ROOT: '1' })).toMatchObject({
    status: 0,
    stdout: 'started\n',
  }));
