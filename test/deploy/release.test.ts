import { spawnSync } from 'node:child_process';
import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import packageJson from '#package.json' with { type: 'json' };

const files = ['ci', 'nightly', 'release'].map(
  (name) => `.github/workflows/${name}.yml`,
);

/** Refusal of a release from this folder: the lines without a commit or digest. */
function listUnpinned(folder: string) {
  const { status, stderr } = spawnSync('bash', ['.ci/release', folder], {
    encoding: 'utf8',
  });
  return { status, lines: stderr.split('\n').slice(1, -1) };
}

test('a release is refused while an action has no commit or an image no digest, line by line', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'parley-release-'));
  onTestFinished(() => rm(folder, { recursive: true }));
  for (const part of ['.github', 'deploy'])
    await cp(part, join(folder, part), { recursive: true });
  const pinText = async (path: string, from: RegExp, to: string) => {
    const text = await readFile(join(folder, path), 'utf8');
    await writeFile(join(folder, path), text.replaceAll(from, to));
  };
  const { lines } = listUnpinned('.');
  expect(lines.join('\n')).not.toMatch(/uses:/);
  expect(lines.join('\n')).toMatch(/container: node:24-bookworm/);
  expect(lines.join('\n')).toMatch(/FROM node:24-bookworm-slim/);
  expect(lines.join('\n')).not.toMatch(/registry\.example/);
  for (const path of files)
    await pinText(path, /(uses: [^@\n]+@)\S+/g, `$1${'a'.repeat(40)}`);
  const digest = `@sha256:${'b'.repeat(64)}`;
  const images = lines.filter((line) => !line.includes('uses:'));
  for (const path of new Set(images.map((line) => `${line.split(':')[0]}`)))
    await pinText(path, /((?:image|container): |FROM )(\S+)/g, `$1$2${digest}`);
  expect(listUnpinned(folder)).toEqual({ status: 0, lines: [] });
  await pinText(files[0] ?? '', /@a{40}/g, '@v5');
  expect(listUnpinned(folder)).toMatchObject({
    status: 1,
    lines: [expect.stringContaining('ci.yml')],
  });
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
