import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { appendFile, cp, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import packageJson from '#package.json' with { type: 'json' };
import { buildImage } from './image.ts';

const run = promisify(execFile);
const name = `parley-${packageJson.version}`;
const testMs = 60_000;
/** An installation, and one exchange in the sandbox; several on a busy machine. */
const onceMs = 240_000;

/** A repository with everything that a release may hold in one commit, beside a test that it may not. */
async function committedTree(folder: string): Promise<string> {
  const tree = join(folder, 'tree');
  await mkdir(join(tree, 'test'), { recursive: true });
  await writeFile(join(tree, 'test/some.test.ts'), '');
  const others = ['.git', '.ci', 'bench', 'coverage', 'data', 'node_modules', 'release', 'test'];
  for (const entry of await readdir('.'))
    if (!others.includes(entry)) await cp(entry, join(tree, entry), { recursive: true });
  await git(tree, 'init', '--quiet');
  await git(tree, 'add', '--all');
  await git(tree, 'commit', '--quiet', '--message=all of it');
  return tree;
}

async function git(tree: string, ...words: readonly string[]): Promise<string> {
  const settings = ['user.name=Adam', 'user.email=adam@example.org', 'commit.gpgSign=false'];
  const before = settings.flatMap((setting) => ['-c', setting]);
  return (await run('git', [...before, ...words], { cwd: tree })).stdout;
}

/** The files of a release of this tree, by name. */
async function release(tree: string, folder: string): Promise<ReadonlyMap<string, Buffer>> {
  await run(process.execPath, ['scripts/release.mjs', folder], { cwd: tree });
  const names = (await readdir(folder)).sort();
  return new Map(
    await Promise.all(names.map(async (one) => [one, await readFile(join(folder, one))] as const)),
  );
}

test('releases of one commit are the same bytes: what runs, its documents, what it is made of, and sums', {
  timeout: testMs,
}, async () => {
  await using stack = new AsyncDisposableStack();
  const folder = await mkdtemp(join(tmpdir(), 'parley-release-'));
  stack.defer(() => rm(folder, { recursive: true, force: true }));
  const tree = await committedTree(folder);
  const files = await release(tree, join(folder, 'one'));
  expect(await release(tree, join(folder, 'other'))).toEqual(files);
  const [archive, bill] = [`${name}.tar.gz`, `${name}.cdx.json`];
  expect([...files.keys()]).toEqual(['SHA256SUMS', bill, archive]);
  expect(`${files.get('SHA256SUMS')}`).toBe(
    [bill, archive].map((one) => `${sumOf(files.get(one))}  ${one}\n`).join(''),
  );
  const { components, metadata } = JSON.parse(`${files.get(bill)}`);
  const parts = components.map((one: { name: string }) => one.name);
  const lock = JSON.parse(await readFile('package-lock.json', 'utf8'));
  const installed = Object.keys(lock.packages).filter((at) => at && !lock.packages[at].dev);
  expect(metadata.component.name).toBe('parley');
  expect(new Set(parts)).toEqual(
    new Set(installed.map((at) => at.replace(/.*node_modules\//, ''))),
  );
  await expectHeld(join(folder, 'one', archive), tree);
  await appendFile(join(tree, 'README.md'), 'more');
  await expect(release(tree, join(folder, 'third'))).rejects.toMatchObject({
    code: 1,
    stderr: 'release: commit or put away what is changed first:\n M README.md\n',
  });
});

/** All that is tracked but what only developers run; of root, and with one time. */
async function expectHeld(archive: string, tree: string): Promise<void> {
  const { stdout } = await run('tar', ['-tvzf', archive, '--utc']);
  const entries = stdout.split('\n').flatMap((line) => {
    const [, mode, owner, at, path = ''] = /^(\S+) (\S+) +\d+ (\S+ \S+) (.*)$/.exec(line) ?? [];
    return mode?.startsWith('-') ? [{ owner, at, path: path.replace(`${name}/`, '') }] : [];
  });
  const tracked = (await git(tree, 'ls-files')).trimEnd().split('\n');
  const developers = /^(test|scripts)\/|^(\.gitignore|biome\.json|tsconfig\.json|vitest\..*)$/;
  expect(entries.map(({ path }) => path)).toEqual(tracked.filter((path) => !developers.test(path)));
  expect(new Set(entries.map(({ owner }) => owner))).toEqual(new Set(['root/root']));
  expect(new Set(entries.map(({ at }) => at)).size).toBe(1);
}

function sumOf(bytes: Buffer | undefined): string {
  return createHash('sha256')
    .update(bytes ?? '')
    .digest('hex');
}

test('what an archive holds is installed by its own steps, and holds one exchange in the sandbox without a network', {
  timeout: onceMs,
  retry: 1,
}, async () => {
  await using stack = new AsyncDisposableStack();
  const folder = await mkdtemp(join(tmpdir(), 'parley-release-'));
  stack.defer(() => rm(folder, { recursive: true, force: true }));
  await release(await committedTree(folder), join(folder, 'made'));
  await run('tar', ['-xzf', join(folder, 'made', `${name}.tar.gz`), '-C', folder]);
  const image = await buildImage(folder, join(folder, name));
  const bot = image.start({}, '--once');
  const [said, , [code]] = await Promise.all([
    text(bot.stdout),
    text(bot.stderr),
    once(bot, 'close'),
  ]);
  expect(said.split('\n').slice(-12)).toContainEqual(
    expect.stringContaining('the received sound matches the synthesised one'),
  );
  expect(code).toBe(0);
});
