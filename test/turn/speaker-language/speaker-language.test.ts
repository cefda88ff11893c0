import {
  decideAnswerLanguage,
  getRecogniserHint,
  type LanguageEvidence,
  type SpeakerLanguage,
  stepSpeakerLanguage,
} from '#src/turn/speaker-language/speaker-language.ts';

const turn = (language: string, over: Partial<LanguageEvidence> = {}) => ({
  language,
  probability: 0.9,
  wordCount: 5,
  ...over,
});

/** Language after each of these turns. */
function after(...turns: readonly LanguageEvidence[]) {
  let state: SpeakerLanguage = {};
  return turns.map((one) => {
    state = stepSpeakerLanguage(state, one);
    return decideAnswerLanguage(state, {});
  });
}

test('two turns that agree lock a language: one turn of another one does not change it, two do', () => {
  const turns = [
    turn('de'),
    turn('de'),
    turn('en'),
    turn('de'),
    turn('en'),
    turn('en'),
  ];
  expect(after(...turns)).toEqual(['de', 'de', 'de', 'de', 'de', 'en']);
});

test.each([
  [0.79, 'en'],
  [0.8, 'de'],
])(
  'German that is detected with a probability of %d is answered in %s on an English server',
  (probability, language) => {
    const state = stepSpeakerLanguage({}, turn('de', { probability }));
    expect(decideAnswerLanguage(state, { server: 'en' })).toBe(language);
  },
);

test('the recogniser is told what the person set, else what they settled on', () => {
  const settled = [turn('de'), turn('de')].reduce(
    (state, one) => stepSpeakerLanguage(state, one),
    {} as SpeakerLanguage,
  );
  expect(getRecogniserHint(settled, { own: 'ja', server: 'es' })).toBe('ja');
  expect(getRecogniserHint(settled, {})).toBe('de');
  expect(getRecogniserHint({}, { server: 'es' })).toBeUndefined();
  const wavering = stepSpeakerLanguage(settled, turn('en'));
  expect([decideAnswerLanguage(wavering, {}), getRecogniserHint(wavering, {})]).toEqual(
    ['de', undefined],
  );
});

test('whoever asks for another language may speak it next: the recogniser is told nothing', () => {
  const settled = { locked: 'de', latest: { language: 'de', turns: 3 } };
  const asked = stepSpeakerLanguage(settled, turn('de', { requested: 'en' }));
  expect([decideAnswerLanguage(asked, {}), getRecogniserHint(asked, {})]).toEqual([
    'en',
    undefined,
  ]);
  const same = stepSpeakerLanguage(settled, turn('de', { requested: 'de' }));
  expect(getRecogniserHint(same, {})).toBe('de');
});
