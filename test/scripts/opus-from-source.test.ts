import { spawnSync } from 'node:child_process';
import { chmodSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import packageJson from '#package.json' with { type: 'json' };

/** The check on a machine without a compiler, whose `apt-get` and `sudo` end with these commands. */
function checked(aptGet: string, sudo: string) {
  const folder = mkdtempSync(join(tmpdir(), 'parley-opus-'));
  try {
    for (const program of ['bash', 'dirname', 'id', 'env', 'make'])
      symlinkSync(pathOf(program), join(folder, program));
    for (const [name, lines] of Object.entries({ 'apt-get': aptGet, sudo })) {
      writeFileSync(
        join(folder, name),
        `#!${pathOf('bash')}\necho "$@" >>${folder}/asked\n${lines}\n`,
      );
      chmodSync(join(folder, name), 0o755);
    }
    const { status, stderr } = spawnSync(pathOf('bash'), ['.ci/opus-from-source'], {
      env: { PATH: folder },
      encoding: 'utf8',
      timeout: 20_000,
    });
    return { status, stderr, asked: readFileSync(join(folder, 'asked'), 'utf8') };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function pathOf(program: string): string {
  return spawnSync('sh', ['-c', `command -v ${program}`], { encoding: 'utf8' }).stdout.trim();
}

test('the check of @discordjs/opus fails, and names what is missing, where no compiler can be installed', () => {
  const { status, stderr, asked } = checked('exit 100', 'exit 1');
  expect(status).toBe(1);
  expect(stderr).toContain('this machine lacks g++ python3, and apt-get could not install it.');
  expect(asked).toContain('update');
});

test('a compiler that is missing is asked of apt-get by its packages alone', () => {
  const { status, asked } = checked('[ "$1" = update ]', 'shift; "$@"');
  expect(status).toBe(1);
  expect(asked).toMatch(/^.*update --quiet=2\n/m);
  expect(asked).toMatch(/install --quiet=2 --yes --no-install-recommends g\+\+ python3\n/);
});

test('the documented command adds the @discordjs/opus that CI checks, and npm may run its install script', () => {
  const operations = readFileSync('docs/operations.md', 'utf8');
  expect(operations).toMatch(/`npm install --no-save @discordjs\/opus@\d+\.\d+\.\d+`/);
  expect(packageJson).not.toHaveProperty('peerDependencies');
  expect(packageJson.allowScripts).toEqual({ '@discordjs/opus': true, node: true });
});
