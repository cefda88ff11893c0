import { expect, test } from 'vitest';
import {
  hintOf,
  type LanguageEvidence,
  languageOf,
  type SpeakerLanguage,
  stepSpeakerLanguage,
} from '#src/turn/speaker-language/speaker-language.ts';

const turn = (language: string, over: Partial<LanguageEvidence> = {}): LanguageEvidence => ({
  language,
  probability: 0.9,
  words: 5,
  ...over,
});

/** Language after each of these turns. */
function after(...turns: readonly LanguageEvidence[]): readonly (string | undefined)[] {
  let state: SpeakerLanguage = {};
  return turns.map((one) => {
    state = stepSpeakerLanguage(state, one);
    return languageOf(state, {});
  });
}

test('two turns that agree lock a language: one turn of another one does not change it, two do', () => {
  const turns = [turn('de'), turn('de'), turn('en'), turn('de'), turn('en'), turn('en')];
  expect(after(...turns)).toEqual(['de', 'de', 'de', 'de', 'de', 'en']);
});

test.each([
  [0.79, 'en'],
  [0.8, 'de'],
])(
  'German that is detected with a probability of %d is answered in %s on an English server',
  (probability, language) => {
    const state = stepSpeakerLanguage({}, turn('de', { probability }));
    expect(languageOf(state, { server: 'en' })).toBe(language);
  },
);

test('the recogniser is told what the person set, else what they settled on', () => {
  const settled = [turn('de'), turn('de')].reduce(
    (state, one) => stepSpeakerLanguage(state, one),
    {} as SpeakerLanguage,
  );
  expect(hintOf(settled, { own: 'ja', server: 'es' })).toBe('ja');
  expect(hintOf(settled, {})).toBe('de');
  expect(hintOf({}, { server: 'es' })).toBeUndefined();
  const wavering = stepSpeakerLanguage(settled, turn('en'));
  expect([languageOf(wavering, {}), hintOf(wavering, {})]).toEqual(['de', undefined]);
});

test('whoever asks for another language may speak it next: the recogniser is told nothing', () => {
  const settled = { locked: 'de', latest: { language: 'de', turns: 3 } };
  const asked = stepSpeakerLanguage(settled, turn('de', { requested: 'en' }));
  expect([languageOf(asked, {}), hintOf(asked, {})]).toEqual(['en', undefined]);
  const same = stepSpeakerLanguage(settled, turn('de', { requested: 'de' }));
  expect(hintOf(same, {})).toBe('de');
});
