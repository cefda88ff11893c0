import { spawnSync } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  linkSync,
  mkdirSync,
  mkdtempDisposableSync,
  readFileSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';

const own = `${process.platform}/${process.arch}`;
const runtimes = 'onnxruntime-node/bin/napi-v6';
const sodium = 'sodium-native/prebuilds';
const kept = [
  `${runtimes}/${own}/library.node`,
  `${sodium}/${own.replace('/', '-')}/sodium.node`,
  '@discordjs/opus/prebuild/opus.node',
  'openai/index.js',
  'mediabunny/dist/modules/src/index.js',
];
const foreign = [
  `${runtimes}/other/x64/library.node`,
  `${runtimes}/${process.platform}/other/library.node`,
  `${sodium}/other-x64/sodium.node`,
  '@discordjs/opus/deps/opus.c',
  '@discordjs/opus/build-tmp/opus.o',
  'mediabunny/dist/bundles/mediabunny.cjs',
];
const developers = ['openai/index.d.ts', 'openai/index.js.map', 'openai/a/b.d.mts'];

function installFiles(folder: string, paths: readonly string[]) {
  for (const path of paths) {
    const file = join(folder, 'node_modules', path);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, 'x'.repeat(600_000));
  }
}

function runTrim(folder: string, ...asSomebody: string[]) {
  const script = 'src/app/trim-installation.mjs';
  const [program = '', ...words] = [...asSomebody, process.execPath, script, folder];
  const { status, stdout, stderr } = spawnSync(program, words, { encoding: 'utf8' });
  return { status, out: stdout, complaints: stderr };
}

function listMissing(folder: string, paths: readonly string[]) {
  return paths.filter((path) => !existsSync(join(folder, 'node_modules', path)));
}

test('after npm ci only what this machine loads is left, and one line says what was removed', () => {
  using temporary = mkdtempDisposableSync(join(tmpdir(), 'parley-trim-'));
  const folder = temporary.path;
  installFiles(folder, [...kept, ...foreign, ...developers]);
  const { complaints, out, status } = runTrim(folder);
  expect({ complaints, status }).toEqual({ complaints: '', status: 0 });
  expect(out).toBe(
    'Removed 5 MB that this machine never loads: ONNX Runtime for other systems (1 MB), sodium for other systems (1 MB), what @discordjs/opus was compiled from (1 MB), copies of mediabunny for browsers (1 MB), declarations and source maps (2 MB).\n',
  );
  expect(listMissing(folder, kept)).toEqual([]);
  expect(listMissing(folder, [...foreign, ...developers])).toHaveLength(9);
  expect(runTrim(folder)).toEqual({ status: 0, out: '', complaints: '' });
});

test('where the compiler is installed its declarations stay', () => {
  using temporary = mkdtempDisposableSync(join(tmpdir(), 'parley-trim-'));
  installFiles(temporary.path, [...kept, ...developers, 'typescript/package.json']);
  expect(runTrim(temporary.path).out).toBe('');
  expect(listMissing(temporary.path, developers)).toEqual([]);
});

test('a tree of hard links is trimmed without a change to the tree that it was made from', () => {
  using temporary = mkdtempDisposableSync(join(tmpdir(), 'parley-trim-'));
  const twin = join(temporary.path, 'twin.node');
  installFiles(temporary.path, foreign);
  linkSync(join(temporary.path, 'node_modules', foreign[0] ?? ''), twin);
  runTrim(temporary.path);
  expect(readFileSync(twin, 'utf8')).toHaveLength(600_000);
});

test('a tree that cannot be written, or is not there, is no failed installation', () => {
  using temporary = mkdtempDisposableSync(join(tmpdir(), 'parley-trim-'));
  const folder = temporary.path;
  expect(runTrim(folder)).toEqual({ status: 0, out: '', complaints: '' });
  installFiles(folder, ['sodium-native/prebuilds/other-x64/sodium.node']);
  const prebuilds = join(folder, 'node_modules/sodium-native/prebuilds');
  chmodSync(prebuilds, 0o555);
  chmodSync(folder, 0o755);
  const isRoot = process.getuid?.() === 0;
  const nobody = ['setpriv', '--reuid=65534', '--regid=65534', '--clear-groups'];
  const { out, status } = runTrim(folder, ...(isRoot ? nobody : []));
  chmodSync(prebuilds, 0o755);
  expect(status).toBe(0);
  expect(out).toBe(
    '1 of what this machine never loads could not be removed, which only takes space.\n',
  );
});

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
