import { findRequestedLanguage } from '#src/turn/speaker-language/speaker-language.ts';
import { expectLinear } from '#test/regexps/measure-growth.ts';

test.each([
  ['In German, please.', 'de'],
  ['in german', 'de'],
  ['Nova, auf Englisch bitte', 'en'],
  ['Sprich Deutsch.', 'de'],
  ['In Italian, please.', 'it'],
  ['Auf Koreanisch bitte', 'ko'],
  ['En français, s’il te plaît', 'fr'],
  ['¿Puedes responder en inglés?', 'en'],
  ['em português, por favor', 'pt'],
  ['Po niemiecku, proszę', 'de'],
  ['日本語でお願いします', 'ja'],
  ['英語で答えてください', 'en'],
  ['What is the tallest bridge? In German, please.', 'de'],
  ['In German, please. No, in French, please.', 'fr'],
])('%j asks for answers in %s', (text, language) =>
  expect(findRequestedLanguage(text, ['Nova'])).toBe(language),
);

test.each([
  'How do you say cat in German?',
  'I was in German class',
  "Let's talk about German",
  'I live in English Bay',
  'In German that means something else',
  'Auf Deutsch heißt das anders',
  'Who speaks German here, please?',
  '',
])('%j asks for no language', (text) =>
  expect(findRequestedLanguage(text, ['Nova'])).toBeUndefined(),
);

test('a text of any length is looked through in linear time', () => {
  const sentence =
    'please now please now please in german please please please please please please';
  expectLinear(
    (text) => findRequestedLanguage(text, ['Nova', 'please']),
    [
      'please ',
      'in german ',
      'bitte. ',
      'Nova. ',
      `${sentence}. `,
      `${sentence} x. `,
      '日本語で',
    ],
  );
});
