import { execFile, spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { appendFile, chmod, mkdir, mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from 'vitest';
import packageJson from '#package.json' with { type: 'json' };
import { archiveName, nodeAlone, ReleaseMaker } from './archive.ts';
import { buildImage } from './image.ts';

const run = promisify(execFile);
/** Several archives on a busy machine. */
const testMs = 300_000;
/** An installation, and one exchange in the sandbox; several on a busy machine. */
const onceMs = 240_000;
const matches = 'the received sound matches the synthesised one';

let folder: string;
let maker: ReleaseMaker;
/** Folder of a release, and what its maker said. */
let made: string;
let said: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'parley-release-'));
  await chmod(folder, 0o755); // root starts what is in it as nobody
  maker = await ReleaseMaker.open(folder);
  made = join(folder, 'made');
  said = await maker.make(made);
}, testMs);

afterAll(() => rm(folder, { recursive: true, force: true }));

/** The files of a release, by name. */
async function filesIn(place: string): Promise<ReadonlyMap<string, Buffer>> {
  const names = (await readdir(place)).sort();
  return new Map(
    await Promise.all(names.map(async (one) => [one, await readFile(join(place, one))] as const)),
  );
}

test('releases of one commit are the same bytes: what runs, its documents, what it is made of, and sums', {
  timeout: testMs,
}, async () => {
  const files = await filesIn(made);
  await maker.make(join(folder, 'other'));
  const other = await filesIn(join(folder, 'other'));
  for (const [name, bytes] of files) expect(other.get(name)?.equals(bytes), name).toBe(true);
  const bill = `${archiveName}.cdx.json`;
  expect([...files.keys()]).toEqual(['SHA256SUMS', maker.archive, bill].sort());
  expect(`${files.get('SHA256SUMS')}`).toBe(
    [bill, maker.archive].map((one) => `${sumOf(files.get(one))}  ${one}\n`).join(''),
  );
  const { components, metadata } = JSON.parse(`${files.get(bill)}`);
  const parts = components.map((one: { name: string }) => one.name);
  expect(metadata.component.name).toBe('parley');
  expect(new Set(parts)).toEqual(
    new Set((await production()).map((at) => at.replace(/.*node_modules\//, ''))),
  );
});

/** Places of modules that are not for development alone. */
async function production(): Promise<readonly string[]> {
  const { packages } = JSON.parse(await readFile('package-lock.json', 'utf8'));
  return Object.keys(packages).filter((at) => at && !packages[at].dev);
}

test('an archive holds what is tracked but for developers, and modules that run; of root, with one time and no path of the machine', {
  timeout: testMs,
}, async () => {
  const archive = join(made, maker.archive);
  const { stdout } = await run('tar', ['-tvzf', archive, '--utc'], { maxBuffer: 2 ** 26 });
  const entries = stdout.split('\n').flatMap((line) => {
    const [, mode, owner, at, path = ''] = /^(\S+) (\S+) +\d+ (\S+ \S+) (.*)$/.exec(line) ?? [];
    return mode ? [{ mode, owner, at, path: path.replace(`${archiveName}/`, '') }] : [];
  });
  const files = entries.filter(({ mode }) => mode.startsWith('-')).map(({ path }) => path);
  const isModule = (path: string) => path.startsWith('node_modules/');
  const tracked = (await maker.git('ls-files')).trimEnd().split('\n');
  const developers = /^(test|scripts)\/|^(\.gitignore|biome\.json|tsconfig\.json|vitest\..*)$/;
  expect(files.filter((path) => !isModule(path)).sort()).toEqual(
    tracked.filter((path) => !developers.test(path)).sort(),
  );
  expect(new Set(entries.map(({ owner }) => owner))).toEqual(new Set(['root/root']));
  expect(new Set(entries.map(({ at }) => at)).size).toBe(1);
  expect(new Set(entries.map(({ mode }) => mode))).toEqual(
    new Set(['drwxr-xr-x', '-rw-r--r--', '-rwxr-xr-x']),
  );
  const modules = files.filter(isModule);
  expect(modules.filter((path) => /\.(map|d\.ts)$|\/\.bin\/|\.package-lock/.test(path))).toEqual(
    [],
  );
  const places = await production();
  const packages = modules.flatMap(
    (path) => /^(.*node_modules\/(?:@[^/]+\/)?[^/]+)\/package\.json$/.exec(path)?.[1] ?? [],
  );
  expect(packages.filter((at) => !places.includes(at))).toEqual([]);
  expect(packages).toContain(`node_modules/@snazzah/davey-${maker.platform}`);
  expect(modules.filter((path) => path.endsWith('/LICENSE')).length).toBeGreaterThan(50);
  await mkdir(join(folder, 'whole'));
  await run('tar', ['-xzf', archive, '-C', join(folder, 'whole')]);
  const paths = [process.cwd(), folder].flatMap((path) => ['-e', path]);
  const found = run('grep', ['-rlF', ...paths, join(folder, 'whole')]);
  await expect(found, 'files with a path of this machine').rejects.toMatchObject({ code: 1 });
});

test('a release is refused over changes, and where version, changelog and tag differ; it says what is left to do', {
  timeout: testMs,
}, async () => {
  const { version } = packageJson;
  const refused = (words: string) =>
    expect(maker.check()).rejects.toMatchObject({
      code: 1,
      stderr: expect.stringContaining(`release: ${words}`),
    });
  expect(said).toContain('Not a release yet. Write the date into CHANGELOG.md');
  await maker.git('tag', `v${version}`);
  await refused(`The commit has the tag v${version}, and CHANGELOG.md calls ${version} unreleased`);
  await maker.commit('CHANGELOG.md', (lines) => lines.replace('- unreleased', '- 2026-12-01'));
  await refused(`The tag v${version} names another commit`);
  await maker.git('tag', '--delete', `v${version}`);
  await maker.git('tag', 'v9.9.9');
  await refused(`The commit has the tag v9.9.9, and package.json the version ${version}`);
  await maker.git('tag', '--delete', 'v9.9.9');
  const command = `git tag --annotate v${version} --message 'Parley ${version}'`;
  expect(await maker.check()).toContain(`Not tagged yet: ${command}\n`);
  await maker.commit('CHANGELOG.md', (lines) => lines.replace(`[${version}]`, '[Unreleased]'));
  await refused(`CHANGELOG.md lacks a line "## [${version}] - unreleased"`);
  await appendFile(join(maker.tree, 'README.md'), 'more');
  await refused('commit or put away what is changed first:\n M README.md\n');
});

function sumOf(bytes: Buffer | undefined): string {
  return createHash('sha256')
    .update(bytes ?? '')
    .digest('hex');
}

test.each([
  ['by its own steps into a folder of root', 'steps'],
  ['by unpacking alone, on a machine with Node alone', 'alone'],
])(
  'what an archive holds is installed %s, and holds one exchange in the sandbox without a network',
  {
    timeout: onceMs,
    retry: 1,
  },
  async (_, way) => {
    const place = await mkdtemp(join(folder, `${way}-`));
    await run('tar', ['-xzf', join(made, maker.archive), '-C', place]);
    const unpacked = join(place, archiveName);
    const bot =
      way === 'steps'
        ? (await buildImage(place, unpacked)).start({}, '--once')
        : spawn('node', ['src/app/main.mjs', '--once'], {
            cwd: unpacked,
            env: await nodeAlone(place),
          });
    const [out, complaints, [code]] = await Promise.all([
      text(bot.stdout),
      text(bot.stderr),
      once(bot, 'close'),
    ]);
    expect({ code, complaints }).toEqual({ code: 0, complaints: '' });
    expect(out.split('\n').slice(-12)).toContainEqual(expect.stringContaining(matches));
  },
);
