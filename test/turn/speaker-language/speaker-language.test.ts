import {
  decideAnswerLanguage,
  findRequestedLanguage,
  type LanguageEvidence,
  type SpeakerLanguage,
  stepSpeakerLanguage,
  weighLanguages,
} from '#src/turn/speaker-language/speaker-language.ts';
import { expectLinear } from '#test/regexps/measure-growth.ts';

const makeTurn = (language: string, overrides: Partial<LanguageEvidence> = {}) => ({
  language,
  probability: 0.9,
  wordCount: 5,
  ...overrides,
});

/** Language after each of these turns. */
function learnTurns(...turns: readonly LanguageEvidence[]) {
  let state: SpeakerLanguage = {};
  return turns.map((turn) => {
    state = stepSpeakerLanguage(state, turn);
    return decideAnswerLanguage(state, {});
  });
}

test('two turns that agree lock a language: one turn of another one does not change it, two do', () => {
  const turns = [
    makeTurn('de'),
    makeTurn('de'),
    makeTurn('en'),
    makeTurn('de'),
    makeTurn('en'),
    makeTurn('en'),
  ];
  expect(learnTurns(...turns)).toEqual(['de', 'de', 'de', 'de', 'de', 'en']);
});

test.each([
  [0.79, 'en'],
  [0.8, 'de'],
])(
  'German that is detected with a probability of %d is answered in %s on an English server',
  (probability, language) => {
    const state = stepSpeakerLanguage({}, makeTurn('de', { probability }));
    expect(decideAnswerLanguage(state, { server: 'en' })).toBe(language);
  },
);

/** What a recogniser is told in a room where nobody else speaks. */
function weighLanguage(
  state: SpeakerLanguage,
  among: readonly string[] = [],
  room: readonly string[] = [],
) {
  const { languages, others } = weighLanguages(state, { among, room });
  return [
    languages.map(({ language, weight }) => `${language} ${weight}`).join(', '),
    others,
  ];
}

const settled: SpeakerLanguage = [makeTurn('de'), makeTurn('de')].reduce(
  (state, entry) => stepSpeakerLanguage(state, entry),
  {},
);

test('two turns in a language make it likelier to a recogniser, and one of another takes most of that back', () => {
  expect(weighLanguage({})).toEqual(['', 1]);
  expect(weighLanguage(stepSpeakerLanguage({}, makeTurn('de')))).toEqual(['de 2', 1]);
  expect(weighLanguage(settled)).toEqual(['de 4', 1]);
  const wavering = stepSpeakerLanguage(settled, makeTurn('en'));
  expect(decideAnswerLanguage(wavering, {})).toBe('de');
  expect(weighLanguage(wavering)).toEqual(['de 2, en 2', 1]);
});

test('whoever asks for another language may speak it next, and so may they what others in the room speak', () => {
  const language = stepSpeakerLanguage(settled, makeTurn('de', { requested: 'en' }));
  expect(decideAnswerLanguage(language, {})).toBe('en');
  expect(weighLanguage(language)).toEqual(['de 2, en 2', 1]);
  expect(weighLanguage(settled, [], ['ja-JP'])).toEqual(['de 4, ja 2', 1]);
});

test('languages that a server does not list are unlikely, and still no guess excludes them', () => {
  expect(weighLanguage(settled, ['en', 'de-AT'])).toEqual(['de 4, en 1', 1 / 8]);
  expect(weighLanguage(settled, ['en', 'fr'], ['ja', 'fr'])).toEqual([
    'fr 2, en 1',
    1 / 8,
  ]);
});

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
