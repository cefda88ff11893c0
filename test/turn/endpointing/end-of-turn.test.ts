import { predictEndOfTurn } from '#src/turn/endpointing/end-of-turn.ts';
import { anyCharacter, fc } from '#test/properties.ts';

const predictEnd = (text: string, language?: string) =>
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
  '今何時ですか',
])('"%s" sounds finished without a doubt', (text) =>
  expect(predictEnd(text)).toBeGreaterThanOrEqual(1.3),
);

test.each([
  'next song please',
  'never mind',
  'go on',
  'where are they',
  "my brother's here",
  "what's the weather like",
  'why not',
  'what are you up to',
  'play something I like',
  'please wait while I connect your call',
  "what's your sister like",
  'which part do you go along with',
  'quelle est la capitale de la france',
  'wie spät ist es',
])('"%s" sounds finished', (text) =>
  expect(predictEnd(text)).toBeGreaterThanOrEqual(0.7),
);

test.each([
  'in the kitchen',
  'seven',
  'the song we heard',
  'what is the capital',
  'well',
])('"%s" could be either', (text) =>
  expect(Math.abs(predictEnd(text) + 0.3)).toBeLessThan(1),
);

test.each([
  'the capital of',
  'i want to',
  'i would like',
  'can you tell me',
  'my favorite',
  'it looks like',
  'it is not',
  'can you',
  'i think that',
  'i went to the store and',
  'i want to go to the um',
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
  expect(predictEnd(text)).toBeLessThanOrEqual(-1.5),
);

test.each(['if it rains tomorrow', 'because the weather was bad'])(
  '"%s" sounds as if its other clause came',
  (text) => expect(predictEnd(text)).toBeLessThan(-0.7),
);

test.each([
  'two nine three',
  'my number is five five five',
  'the code is four',
  '555 12',
  'meine nummer ist null eins sieben',
  'mi número es cinco cinco',
])('"%s" is a number being dictated', (text) =>
  expect(predictEnd(text)).toBeLessThanOrEqual(-1.7),
);

test.each([
  ['vorrei una pizza con', 'it'],
  ['ik wil graag een', 'nl-NL'],
  ['я хочу пиццу с'],
  ['Nova मुझे एक पिज़्ज़ा और'],
])('"%s" is left in its middle, and signs count beside', (text, language?: string) => {
  expect(predictEnd(text, language)).toBeLessThan(-1.2);
  expect(predictEnd(`${text}?`, language)).toBeGreaterThan(
    predictEnd(text, language) + 1,
  );
  expect(predictEnd(`${text}...`, language)).toBeLessThan(
    predictEnd(text, language) - 1,
  );
});

test('the language that the recogniser tells decides which words are open', () =>
  expect(predictEnd('was', 'de-DE')).toBeGreaterThan(predictEnd('was', 'en')));

test('any text gets a bounded logit', () =>
  fc.assert(
    fc.property(fc.string({ unit: anyCharacter, maxLength: 200 }), (text) => {
      expect(Math.abs(predictEndOfTurn(text).completeLogit)).toBeLessThanOrEqual(4);
    }),
  ));
