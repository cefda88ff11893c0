import { readdir, readFile } from 'node:fs/promises';
import { expect, test } from 'vitest';
import { everywhere } from '#src/turn/languages/everywhere.ts';
import { type LanguageWords, listed } from '#src/turn/languages/language-words.ts';
import { languages } from '#src/turn/languages/languages.ts';
import { phrasesIn } from '#src/turn/overlap/interjections-tables.ts';

const folder = 'src/turn/languages';
const notLanguages = new Set(['everywhere.ts', 'language-words.ts', 'languages.ts']);

type List = { readonly field: string; readonly list: string };

/** Every list of words in some groups, by group and field. */
function listsIn(groups: object): List[] {
  return Object.entries(groups).flatMap(([group, fields]) =>
    fields === null || typeof fields !== 'object' || Array.isArray(fields)
      ? []
      : Object.entries(fields).map(([field, list]) => ({
          field: `${group}.${field}`,
          list: String(list),
        })),
  );
}

/** What is wrong with how a list is written. */
function faultsOf({ field, list }: List): string[] {
  const phrases = listed(list);
  const isOnce = new Set(phrases).size === phrases.length;
  const faults = phrases.flatMap((phrase) => {
    if (phrase !== phrase.toLowerCase()) return [`${phrase} is not in lower case`];
    return phrase === phrase.normalize('NFC') ? [] : [`${phrase} is not composed (NFC)`];
  });
  if (list.split(',').some((phrase) => phrase.trim() === '')) faults.push('a phrase is empty');
  const twice = phrases.filter((phrase, at) => phrases.indexOf(phrase) !== at);
  if (!isOnce) faults.push(`twice: ${twice.join(', ')}`);
  return faults.map((fault) => `${field}: ${fault}`);
}

const byCode = languages.map((words) => [words.code, words] as const);

test('every file of the folder is a language of the list, and exports it by its code', async () => {
  const files = (await readdir(folder)).filter((name) => name.endsWith('.ts'));
  const codes = files.filter((name) => !notLanguages.has(name)).map((name) => name.slice(0, -3));
  expect(languages.map(({ code }) => code).sort()).toEqual(codes.sort());
  for (const code of codes) {
    const source = await readFile(`${folder}/${code}.ts`, 'utf8');
    expect(source).toMatch(new RegExp(`^export const ${code}\\b`, 'm'));
    expect(source).toContain(`  code: '${code}',\n`);
  }
});

test.each(byCode)(
  '%s: no list is empty, and each phrase is once in it, in lower case',
  (_, words) => {
    expect(listsIn(words).flatMap(faultsOf)).toEqual([]);
  },
);

test('phrases of no language are written like those of one', () => {
  const { overlap, notStops, faintHallucinations } = everywhere;
  const lists = listsIn({ overlap, other: { notStops, faintHallucinations } });
  expect(lists.filter(({ list }) => list !== '').flatMap(faultsOf)).toEqual([]);
});

test.each(byCode)('%s: what is said into speech has no punctuation inside', (_, { overlap }) => {
  const phrases = Object.values(overlap).flatMap((list) => listed(list));
  expect(phrases.filter((phrase) => phrasesIn(phrase).length !== 1)).toEqual([]);
});

test.each(byCode)(
  '%s: its words are in its scripts, and its own letters in no other',
  (_, words) => {
    const isIts = ({ scripts }: LanguageWords) =>
      new RegExp(`[${scripts.map((script) => `\\p{Script=${script}}`).join('')}]`, 'u');
    expect(words.overlap.stop).toMatch(isIts(words));
    const others = languages.filter((other) => other !== words && other.endOfTurn);
    for (const letter of words.ownLetters ?? '') {
      expect(letter).toMatch(isIts(words));
      const borrowed = others.filter(({ endOfTurn }) => JSON.stringify(endOfTurn).includes(letter));
      expect(borrowed.map(({ code }) => code)).toEqual([]);
    }
  },
);

test('the README of the folder tells of every group and field', async () => {
  const readme = await readFile(`${folder}/README.md`, 'utf8');
  const fields = languages.flatMap((words) => [
    ...Object.keys(words),
    ...listsIn({ ...words, wordClasses: undefined }).map(({ field }) => field.split('.')[1] ?? ''),
  ]);
  expect([...new Set(fields)].filter((field) => !readme.includes(`\`${field}\``))).toEqual([]);
});
