import { predictEndOfTurn } from '#src/turn/endpointing/end-of-turn.ts';
import { anyCharacter, fc } from '#test/properties.ts';

const over = (text: string, language?: string) =>
  predictEndOfTurn(text, language).completeLogit;

test.each([
  'what time is it',
  'what is the capital of france',
  'please repeat that',
  'stop the music',
  'can you turn on the light in the kitchen',
  'nova what time is it',
  'do you know what time it is',
  'where are you from',
  'if it rains tomorrow we will stay home',
  'what can you do',
  'please be quiet for a moment',
  'thank you',
  'yes',
  '¿Qué hora es?',
  '今何時ですか',
])('"%s" sounds finished without a doubt', (text) =>
  expect(over(text)).toBeGreaterThanOrEqual(1.5),
);

test.each([
  'next song please',
  'never mind',
  'go on',
  'where are they',
  "my brother's here",
  'wie spät ist es',
  'quelle est la capitale de la france',
  'cuál es la capital de francia',
])('"%s" sounds finished', (text) => expect(over(text)).toBeGreaterThanOrEqual(0.9));

test.each([
  'in the kitchen',
  'tomorrow morning',
  'seven',
  'set an alarm',
  'the song we heard',
  'what is the capital',
  'can you',
  'well',
])('"%s" could be either', (text) =>
  expect(Math.abs(over(text) + 0.3)).toBeLessThan(1),
);

test.each([
  'the capital of',
  'i want to',
  'i would like',
  'can you tell me',
  'if it rains tomorrow',
  'because the weather was bad',
  'my favorite',
  'i think that',
  'i went to the store and',
  'i want to go to the um',
  'ich möchte eine pizza mit',
  'je voudrais une pizza avec',
  'me gustaría una pizza con',
  'eu queria uma pizza com',
  'chciałbym pizzę z',
  'ピザを',
  'ich möchte ähm',
  'je voudrais euh',
  'えっと',
  'soooo',
])('"%s" is left in its middle', (text) =>
  expect(over(text)).toBeLessThanOrEqual(-1.5),
);

test.each([
  'two nine three',
  'my number is five five five',
  'the code is four',
  '555 12',
  'meine nummer ist null eins sieben',
  'mi número es cinco cinco',
])('"%s" is a number being dictated', (text) =>
  expect(over(text)).toBeLessThanOrEqual(-1.7),
);

test.each([
  ['vorrei una pizza con', 'it'],
  ['hoe laat is het', 'nl-NL'],
  ['я хочу пиццу с'],
  ['电影几点开始了'],
  ['피자 하나랑'],
  ['أريد بيتزا مع'],
  ['Nova मुझे एक पिज़्ज़ा और'],
])(
  'of "%s", in a language without word lists, only the punctuation counts',
  (text, language?: string) => {
    expect(over(text, language)).toBe(0);
    expect(over(`${text}?`, language)).toBeGreaterThan(1);
    expect(over(`${text}...`, language)).toBeLessThan(-1);
  },
);

test('the language that the recogniser tells decides which words are open', () =>
  expect(over('was', 'de-DE')).toBeGreaterThan(over('was', 'en')));

test('a word alone sounds less finished than a phrase', () =>
  expect(over('donnerstag', 'de')).toBeLessThan(over('am donnerstag', 'de')));

test('any text gets a bounded logit', () =>
  fc.assert(
    fc.property(fc.string({ unit: anyCharacter, maxLength: 200 }), (text) => {
      expect(Math.abs(predictEndOfTurn(text).completeLogit)).toBeLessThanOrEqual(4);
    }),
  ));
