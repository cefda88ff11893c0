import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { cp, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import packageJson from '#package.json' with { type: 'json' };

const files = ['ci', 'nightly', 'release'].map(
  (name) => `.github/workflows/${name}.yml`,
);

/** Where bash, grep and sed lie. */
const systemPrograms = ['/usr/local/bin', '/usr/bin', '/bin'];

/** Runs `.ci/release` over a folder: its refusal, and the lines that it names. */
function checkRelease(folder: string, options: readonly string[] = [], path = '/bin') {
  const { status, stderr, stdout } = spawnSync(
    'bash',
    ['.ci/release', ...options, folder],
    {
      encoding: 'utf8',
      env: { PATH: [path, ...systemPrograms].join(':') },
    },
  );
  const lines = stderr.split('\n').filter((line) => /^[\w./-]+:\d+:/.test(line));
  return { status, stderr, stdout, lines };
}

/** Copies workflows and deploy into a folder of its own, as they are without any digest. */
async function copyUnpinned() {
  const folder = await mkdtemp(join(tmpdir(), 'parley-release-'));
  onTestFinished(() => rm(folder, { recursive: true }));
  for (const part of ['.github', 'deploy'])
    await cp(part, join(folder, part), { recursive: true });
  const changeText = async (path: string, from: RegExp, to: string) => {
    const text = await readFile(join(folder, path), 'utf8');
    await writeFile(join(folder, path), text.replaceAll(from, to));
  };
  const deployed = (await readdir('deploy')).filter((name) =>
    /\.yaml$|^Dockerfile$/.test(name),
  );
  for (const path of [...files, ...deployed.map((name) => `deploy/${name}`)])
    await changeText(path, /@sha256:[0-9a-f]{64}/g, '');
  return { folder, changeText };
}

test('a release is refused while an action has no commit or an image no digest, line by line', async () => {
  const { changeText, folder } = await copyUnpinned();
  const { lines, status, stderr } = checkRelease(folder);
  expect(status).toBe(1);
  expect(lines.join('\n')).not.toMatch(/uses:|registry\.example/);
  expect(lines.join('\n')).toMatch(/image: node:24-bookworm/);
  expect(lines.join('\n')).toMatch(/FROM node:24-bookworm-slim/);
  expect(stderr).toContain('Run .ci/release --pin');
  for (const path of new Set(lines.map((line) => `${line.split(':')[0]}`)))
    await changeText(
      path,
      /((?:image|container): |FROM )(\S+)/g,
      `$1$2@sha256:${'b'.repeat(64)}`,
    );
  expect(checkRelease(folder)).toMatchObject({ status: 0, lines: [] });
  await changeText(files[0] ?? '', /@[0-9a-f]{40}/g, '@v5');
  expect(checkRelease(folder)).toMatchObject({
    status: 1,
    lines: [expect.stringContaining('ci.yml')],
  });
});

test('one command writes the digest that each image has in its registry, and the release goes on', async () => {
  const { folder } = await copyUnpinned();
  const programs = await mkdtemp(join(tmpdir(), 'parley-docker-'));
  onTestFinished(() => rm(programs, { recursive: true }));
  // Docker, as a registry would answer it: a digest that tells the image.
  const program = `#!/bin/sh\nfor image; do :; done\necho "sha256:$(printf %s "$image" | sha256sum | cut -c1-64)"\n`;
  await writeFile(join(programs, 'docker'), program, { mode: 0o755 });
  expect(checkRelease(folder, ['--pin'], programs)).toMatchObject({ status: 0 });
  const dockerfile = await readFile(join(folder, 'deploy/Dockerfile'), 'utf8');
  const toDigest = (image: string) => createHash('sha256').update(image).digest('hex');
  for (const image of ['node:24-bookworm', 'node:24-bookworm-slim'])
    expect(dockerfile).toMatch(
      new RegExp(`^FROM ${image}@sha256:${toDigest(image)}( AS build)?$`, 'm'),
    );
  expect(await readFile(join(folder, 'deploy/compose.yaml'), 'utf8')).toContain(
    `image: postgres:17@sha256:${toDigest('postgres:17')}\n`,
  );
  await writeFile(join(programs, 'docker'), '#!/bin/sh\nexit 1\n');
  const { folder: other } = await copyUnpinned();
  expect(checkRelease(other, ['--pin'], programs).status).not.toBe(0);
});

test('the notes of a release are the section of its version, which a tag demands with a date', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'parley-release-'));
  onTestFinished(() => rm(folder, { recursive: true }));
  for (const path of ['scripts/make-release.mjs', 'package.json', 'CHANGELOG.md'])
    await cp(path, join(folder, path), { recursive: true });
  const refuse = (tag: string) =>
    spawnSync(process.execPath, ['scripts/make-release.mjs', 'out', '--tag', tag], {
      cwd: folder,
      encoding: 'utf8',
    }).stderr;
  const changelog = await readFile('CHANGELOG.md', 'utf8');
  expect(refuse('v9.9.9')).toContain(`The tag v9.9.9 is not v${packageJson.version}`);
  const dated = changelog.replace(/^(## \[[\d.]+\] - ).*$/m, '$12026-11-30');
  await writeFile(
    join(folder, 'CHANGELOG.md'),
    dated.replace('- 2026-11-30', '- unreleased'),
  );
  expect(refuse(`v${packageJson.version}`)).toContain('no date');
  await writeFile(join(folder, 'CHANGELOG.md'), dated);
  // No source lies there, so the archive fails after the notes.
  refuse(`v${packageJson.version}`);
  const notes = await readFile(join(folder, 'out/notes.md'), 'utf8');
  const [, section = ''] = changelog.split(/^## .*$/m);
  expect(notes.trim()).toBe(section.trim());
  expect([...notes.matchAll(/^### (.*)$/gm)].map(([, name]) => name)).toEqual([
    'Added',
    'Changed',
    'Fixed',
    'Removed',
  ]);
});
