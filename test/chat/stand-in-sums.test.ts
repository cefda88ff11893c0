import { calculateSum } from '#src/chat/stand-in/sums.ts';
import { getWordings } from '#src/chat/stand-in/wordings.ts';
import type { Locale } from '#src/texts/texts.ts';
import { fc } from '#test/properties.ts';

const calculateText = (text: string, locale: Locale = 'en') => {
  const result = calculateSum(text, getWordings(locale));
  if (!result || result.kind === 'by-zero') return result?.kind;
  return result.kind === 'exact' ? result.digits : `about ${result.digits}`;
};

test.each<[string, string | undefined, Locale?]>([
  ['two plus two', '4'],
  ['What is 12 times 7?', '84'],
  ['0.1 + 0.2', '0.3'],
  ['two plus three times four', '14'],
  ['one hundred and five minus six', '99'],
  ['one point five plus two', '3.5'],
  ['12.5 % of 80', '10'],
  ['10 / 4', '2.5'],
  ['2 divided by 3', 'about 0.6667'],
  ['minus five plus 3', '-2'],
  ['7 x 8', '56'],
  ['5 divided by zero', 'by-zero'],
  ['einundzwanzig mal 3', '63', 'de'],
  ['1.000 plus 1', '1001', 'de'],
  ['quatre-vingt-dix moins dix', '80', 'fr'],
  ['veintiuno por dos', '42', 'es'],
  ['vinte e um mais dois', '23', 'pt-BR'],
  ['dwadzieścia jeden razy dwa', '42', 'pl'],
  ['百から', undefined, 'ja'],
  ['百引く一は？', '99', 'ja'],
  ['24/7', undefined],
  ['555-1234', undefined],
  ['I have two plus one', undefined],
  ['two', undefined],
  ['plus two', undefined],
  ['2 +', undefined],
  ['12345678901234567890 + 1', undefined],
  [`1${' + 1'.repeat(60)}`, undefined],
])('%j is %s', (text, result, locale) =>
  expect(calculateText(text, locale)).toBe(result),
);

test('sums of whole numbers are exact', () => {
  const number = fc.integer({ min: 0, max: 999_999_999_999 });
  const sign = fc.constantFrom('+', '-', '*');
  fc.assert(
    fc.property(number, sign, number, (a, operator, b) => {
      const [x, y] = [BigInt(a), BigInt(b)];
      const expected = { '+': x + y, '-': x - y, '*': x * y }[operator];
      expect(calculateText(`${a} ${operator} ${b}`)).toBe(`${expected}`);
    }),
  );
});

test('any text ends in a result or in none', () => {
  fc.assert(
    fc.property(
      fc.string({ unit: fc.constantFrom(...'0123456789.,+-*/% ()x=aé') }),
      (text) => {
        expect(['undefined', 'string']).toContain(typeof calculateText(text));
      },
    ),
  );
});
