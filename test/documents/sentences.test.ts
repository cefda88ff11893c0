import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import { limits, medianOf, proseOf, proseOfFile } from '#scripts/sentences.ts';
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

/** Sources of sentences that the programs print. */
const printing = {
  doctor: 'doctor/**/*.ts',
  setup: 'setup/**/*.ts',
  src: 'src/**/*.{ts,mjs}',
  'the page and the sandbox': '{page,sandbox}/**/*.{ts,js}',
  scripts: 'scripts/*.{ts,mjs}',
  'the English texts': 'src/texts/en/*.json',
} as const;
/** Sources of prose that only chat models read, and a figure that quotes unclear words. */
const otherReaders =
  /-tools?\.ts$|^src\/conversation\/tools\/|^src\/features\/captions\/answers\/|^src\/conversation\/answering\/translation-prompt\.ts$|^src\/features\/(?:memories\/usable-memories|seats\/automatic-joins|captions\/recent-lines-context)\.ts$|^src\/pipeline\/prompt\.ts$|^scripts\/code-size\.mjs$/;

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

test.each(Object.entries(printing))('sentences of %s are short and plain', async (_, pattern) => {
  const proses = [];
  for await (const one of sourceFiles(pattern)) {
    const path = one.replaceAll('\\', '/');
    if (!otherReaders.test(path))
      proses.push({ path, ...proseOfFile(path, await readFile(path, 'utf8')) });
  }
  expect(proses.flatMap(({ path, tooLong }) => tooLong.map((long) => ({ path, long })))).toEqual(
    [],
  );
  expect(proses.flatMap(({ path, odd }) => odd.map((unclear) => ({ path, unclear })))).toEqual([]);
  const sentences = proses.flatMap((prose) => prose.sentences);
  expect(sentences.length).toBeGreaterThan(30);
  expect(medianOf(sentences)).toBeLessThanOrEqual(limits.median);
});

test('of a source file the strings for people count, each value as one word', () => {
  const { sentences } = proseOfFile(
    'a.ts',
    `f(\`The store \${path(1)} is full. Free \${n} MB of it.\`, 'one ' + 'and two words more.');
    g('SELECT a FROM b WHERE c = 1', sql\`the rows of one table \${a}\`, 'a.ok');
    'a about an and are'.split(' ');`,
  );
  expect(sentences.map(({ text }) => text)).toEqual([
    'The store X is full.',
    'Free X MB of it.',
    'one and two words more.',
  ]);
});

test('of a table of texts each text counts, in its form for several', () => {
  const { sentences } = proseOfFile(
    'en/a.json',
    '{\n"a.b": "I hear you, {name}.",\n"a.c": { "text": "{n, plural, one {One line} other {{n} lines}} left here." }\n}',
  );
  expect(sentences.map(({ text, line }) => [text, line])).toEqual([
    ['I hear you, X.', 2],
    ['X lines left here.', 3],
  ]);
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
