import { spawnSync } from 'node:child_process';
import { chmodSync, mkdtempDisposableSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';

const known = `sha512-${'a'.repeat(86)}==`;
const lock = {
  packages: {
    '': { name: 'x' },
    'node_modules/good': { version: '1.0.0', integrity: known },
    'node_modules/listed': { version: '1.0.0' },
    'node_modules/odd': { version: '2.0.0' },
    'node_modules/away': { version: '3.0.0', dev: true },
  },
};

/** The lock file after the script, with a registry client that knows `listed` and answers nonsense about `odd`. */
function fixLock(...options: readonly string[]) {
  using made = mkdtempDisposableSync(join(tmpdir(), 'parley-lock-'));
  const folder = made.path;
  const [path, npm] = [join(folder, 'package-lock.json'), join(folder, 'npm')];
  writeFileSync(path, JSON.stringify(lock));
  const answers = `listed@1.0.0) echo ${known};; odd@2.0.0) echo yes;; *) exit 1;;`;
  writeFileSync(npm, `#!/bin/sh\ncase "$2" in ${answers} esac\n`);
  chmodSync(npm, 0o755);
  const { status, stderr } = spawnSync(
    process.execPath,
    ['scripts/fix-lock.mjs', path, ...options],
    {
      env: {
        PATH: [folder, dirname(process.execPath), '/usr/bin', '/bin'].join(delimiter),
      },
      encoding: 'utf8',
      timeout: 20_000,
    },
  );
  const { packages } = JSON.parse(readFileSync(path, 'utf8')) as typeof lock;
  return { status, stderr, packages };
}

test('packages without a checksum are named, and none is made up', () => {
  const { status, stderr, packages } = fixLock();
  expect({ status, packages }).toEqual({ status: 0, packages: lock.packages });
  expect(stderr).toMatch(
    /checksum: node_modules\/listed, node_modules\/odd, node_modules\/away$/m,
  );
});

test('a checksum is filled in from what the registry tells, and from nothing else', () => {
  const { stderr, packages } = fixLock('--ask');
  const { listed, ...rest } = Object.fromEntries(
    Object.entries(packages).map(([at, entry]) => [
      at.replace('node_modules/', ''),
      entry,
    ]),
  );
  expect(listed).toEqual({ version: '1.0.0', integrity: known });
  expect(rest).toMatchObject({ odd: { version: '2.0.0' }, away: { version: '3.0.0' } });
  expect(stderr).toContain('without a checksum: node_modules/odd, node_modules/away');
});
