import { spawnSync } from 'node:child_process';
import { textLocales } from '#src/texts/locales.ts';

function runTexts(...words: readonly string[]) {
  return spawnSync(process.execPath, ['scripts/texts.mjs', ...words], {
    encoding: 'utf8',
  });
}

test('npm run texts counts for each language what is missing, stale and faulty', () => {
  const { stdout } = runTexts();
  expect(
    [
      ...stdout.matchAll(
        /^(\S+): \d+ texts, \d+ missing, \d+ stale, \d+ faulty or too long$/gm,
      ),
    ].map(([, locale]) => locale),
  ).toEqual([...textLocales]);
});

test.each([['klingon'], ['de', 'sing'], ['de', 'reviewed']])(
  'what it does not know it refuses, and tells how it is used: %s %s',
  (...words) => {
    const { status, stderr } = runTexts(...words.filter(Boolean));
    expect([status, stderr]).toEqual([2, expect.stringContaining('npm run texts')]);
  },
);
