import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import { limits, proseOf } from '#scripts/sentences.ts';
import { sourceFiles } from '#test/source-files.ts';

/** Documents whose sentences are checked, beside the READMEs of folders. */
const checked: string[] = [];
for await (const path of sourceFiles(
  '{{README,ARCHITECTURE,CONTRIBUTING,CHANGELOG}.md,docs/*.md,{bench,deploy,examples,sandbox}/**/README.md}',
))
  checked.push(path.replaceAll('\\', '/'));
/** READMEs of folders: their sentences and their lengths are checked. */
const readmes: string[] = [];
for await (const path of sourceFiles('{src,commands,doctor,setup,page,test}/**/README.md'))
  readmes.push(path.replaceAll('\\', '/'));

/** Most words of the README of a folder: those of `src` say only what code and other documents do not. */
const mostWordsOf = (path: string) => (path.startsWith('src/') ? 200 : 300);

test('the README of a folder is short', async () => {
  const tooLong: string[] = [];
  for (const path of readmes) {
    const { words } = proseOf(await readFile(path, 'utf8'));
    const most = mostWordsOf(path);
    if (words > most) tooLong.push(`${path}: ${words} words, at most ${most}`);
  }
  expect(tooLong).toEqual([]);
});

test.each([...checked, ...readmes])('%s has short sentences in plain words', async (path) => {
  const { median, tooLong, odd } = proseOf(await readFile(path, 'utf8'));
  expect(tooLong).toEqual([]);
  expect(odd).toEqual([]);
  expect(median).toBeLessThanOrEqual(limits.median);
});

test('a sentence of 31 words, and one in words that a reader has to decode, are named with their lines', () => {
  const long = `The bot ${'very '.repeat(27)}slowly leaves.`;
  const { sentences, tooLong, odd } = proseOf(
    `# A heading that is long enough to count as a sentence of words\n\nThe bot joins the channel.\n${long}\n\n- If something is amiss, it leaves for good.\n`,
  );
  expect(sentences.map(({ words }) => words)).toEqual([5, 31, 8]);
  expect(tooLong.map(({ line }) => line)).toEqual([3]);
  expect(odd.map(({ instead, sentence }) => [instead, sentence.line])).toEqual([
    ['a plain word', 6],
    ['permanently', 6],
  ]);
});

test('code, cells of tables and links count as readers see them', () => {
  const { sentences } = proseOf(
    '```sh\nnpm run something that is long and is no sentence\n```\n\n| Run `npm run a b c d e` first. | Read [the other page](page.md) then. |\n|---|---|\n',
  );
  expect(sentences.map(({ text }) => text)).toEqual(['Run X first.', 'Read the other page then.']);
});

test('the program prints the figures of a document, and each sentence over the limit with its line', async () => {
  const { stdout } = await promisify(execFile)(process.execPath, [
    'scripts/sentences.ts',
    'docs/glossary.md',
  ]);
  expect(stdout).toMatch(/^docs\/glossary\.md: \d+ words, \d+ sentences, median \d+\n$/);
});
