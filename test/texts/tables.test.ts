import { hashEnglish } from '#src/texts/texts.ts';
import { markTranslatedTexts } from '#src/texts/translation-report.ts';

test('a translation is marked with a hash of its English, and only once', () => {
  const source = new Map(Object.entries({ a: 'One.', b: 'Two.' }));
  const b = { text: 'Zwei.', english: 'old' };
  const marked = markTranslatedTexts(
    JSON.stringify({ a: 'Eins.', b, gone: 'x' }),
    source,
  );
  expect(JSON.parse(marked)).toEqual({
    a: { text: 'Eins.', english: hashEnglish('One.') },
    b,
    gone: 'x',
  });
  expect(markTranslatedTexts(marked, source)).toBe(marked);
});
