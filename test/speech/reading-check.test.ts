import { expect, test } from 'vitest';
import { compareReading } from '#src/speech/reading-check.ts';
import { expectLinear } from '#test/regexps/growth.ts';

test.each([
  ['Yes, of course.', 'yes of course', 3, 0],
  ['It’s “here”.', "It's here", 2, 0],
  ['Read me aloud.', 'Sure! Read me aloud.', 3, 1],
  ['Read me aloud.', 'Read aloud.', 3, 1],
  ['Read me aloud.', '', 3, 3],
  ['今天天气很好。', '今天天氣很好', 6, 1],
  ['Grüße aus Köln', 'grüsse aus köln', 3, 1],
  ['हिन्दी बोलो', 'हिन्दी बोलो', 2, 0],
  ['…', 'Hello', 0, 1],
])('of "%s" read as "%s" there are %i words, %i of them wrong', (wanted, said, words, wrong) => {
  expect(compareReading(wanted, said)).toEqual({ words, wrongWords: wrong });
});

test('texts beyond all measure are compared by their length', () => {
  const long = 'word '.repeat(3000);
  expect(compareReading(long, long)).toEqual({ words: 3000, wrongWords: 0 });
});

test('a long text read to its end with a few wrong words is compared word by word', () => {
  const long = (word: string) => `${'word '.repeat(1500)}${word} ${'more '.repeat(1500)}`;
  expect(compareReading(long('one'), long('two'))).toEqual({ words: 3001, wrongWords: 1 });
});

test('a reading is compared in time proportional to its length', () => {
  const units = ['a ', 'ab ', '漢', "a' ", 'a b '];
  expectLinear((text) => compareReading(`x ${text}`, `${text} y`), units);
});
