import { expect, test } from 'vitest';
import { faultOf, limitOf } from '#src/texts/corrections.ts';
import { filled, longestChars, wordsOf } from '#src/texts/message.ts';

const lines =
  '{n, plural, one {{n} linia} few {{n} linie} many {{n} linii} other {{n} linii}} od {name}';

test.each([
  [1, '1 linia od Any'],
  [3, '3 linie od Any'],
  [5, '5 linii od Any'],
  [22, '22 linie od Any'],
  ['22', '22 linie od Any'],
])('a text takes the form of its number: %s', (n, shown) => {
  expect(filled(lines, { n, name: 'Any' }, 'pl')).toBe(shown);
});

test('a number that was left out stays visible, too', () => {
  expect(filled(lines, { name: 'Any' }, 'pl')).toBe('{n} linii od Any');
});

test('an apostrophe and an address in angle brackets are no syntax', () => {
  expect(filled("<{link}> isn't {n, plural, other {{n}}}", { link: 'a', n: 2 }, 'en')).toBe(
    "<a> isn't 2",
  );
});

test('the words of a text are those of all its forms', () => {
  expect(wordsOf('{n, plural, =0 {none} one {{name}} other {{name} of {group}}}', 'en')).toEqual([
    'group',
    'n',
    'name',
  ]);
});

test('the longest form counts, with the longest words', () => {
  expect(longestChars('{n, plural, one {{n}} other {{n} {x}}}', { n: 7, x: 10 }, 'en')).toBe(18);
});

test.each([
  ['join.ok', 'In {room}.', 'its words are room in place of channel'],
  ['join.ok', 'In.', 'its words are none in place of channel'],
  ['join.ok', "L'{channel}", 'its words are none in place of channel'],
  ['join.ok', 'In {channel', 'it is not a valid ICU message'],
  ['say.queued', '{n, plural, one {{n}}}', 'it is not a valid ICU message'],
  ['no.such.id', 'x', 'there is no such text'],
  ['stop.ok', "It''s over.", 'an apostrophe'],
  ['command.join', 'x'.repeat(101), 'it may have 101 characters, and the limit is 100'],
  ['button.stop', 'x'.repeat(81), 'it may have 81 characters, and the limit is 80'],
  ['stop.ok', 'x'.repeat(2_001), 'it may have 2001 characters, and the limit is 2000'],
])('%s cannot be %j', (id, pattern, fault) => {
  expect(faultOf(id, pattern, 'en')).toContain(fault);
});

test('the title of a form has 45 characters at most, an entry of a menu 32', () => {
  expect([limitOf('form.title'), limitOf('ask.about')]).toEqual([45, 32]);
});
