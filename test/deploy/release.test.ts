import { spawnSync } from 'node:child_process';
import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const files = ['ci', 'nightly', 'image'].map((name) => `.github/workflows/${name}.yml`);

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
  expect(lines.join('\n')).toMatch(/uses: actions\/checkout@v5/);
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
