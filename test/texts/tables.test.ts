import { expect, test } from 'vitest';
import { markedTable } from '#src/texts/report.ts';
import { englishHash } from '#src/texts/tables.ts';

test('a translation is marked with a hash of its English, and only once', () => {
  const source = new Map(Object.entries({ a: 'One.', b: 'Two.' }));
  const b = { text: 'Zwei.', english: 'old' };
  const marked = markedTable(JSON.stringify({ a: 'Eins.', b, gone: 'x' }), source);
  expect(JSON.parse(marked)).toEqual({
    a: { text: 'Eins.', english: englishHash('One.') },
    b,
    gone: 'x',
  });
  expect(markedTable(marked, source)).toBe(marked);
});
