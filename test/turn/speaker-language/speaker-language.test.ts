import { expect, test } from 'vitest';
import {
  countWords,
  hintOf,
  holdOf,
  type LanguageEvidence,
  languageOf,
  languageOfWords,
  needsDetection,
  type SpeakerLanguage,
  stepSpeakerLanguage,
  withoutNames,
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

test('the first sentence is answered in its own language', () => {
  expect(after(turn('de'))).toEqual(['de']);
});

test('two turns that agree lock a language: one turn of another one does not change it, two do', () => {
  const turns = [turn('de'), turn('de'), turn('en'), turn('de'), turn('en'), turn('en')];
  expect(after(...turns)).toEqual(['de', 'de', 'de', 'de', 'de', 'en']);
});

test('one word keeps the language that was', () => {
  const word = turn('es', { words: 1 });
  expect(after(word, turn('de'), word, word, word)).toEqual([undefined, 'de', 'de', 'de', 'de']);
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

test('where nothing else tells, the likeliest language does, and is no step to a lock', () => {
  const unsure = turn('de', { probability: 0.5 });
  expect(after(unsure, unsure, unsure, turn('fr'))).toEqual(['de', 'de', 'de', 'fr']);
});

test('the recogniser is told what the person set, else what they settled on, else what the channel speaks', () => {
  const settled = [turn('de'), turn('de')].reduce(
    (state, one) => stepSpeakerLanguage(state, one),
    {} as SpeakerLanguage,
  );
  expect(hintOf(settled, { own: 'ja', channel: 'fr', server: 'es' })).toBe('ja');
  expect(hintOf(settled, { channel: 'fr' })).toBe('de');
  expect(hintOf(stepSpeakerLanguage({}, turn('de')), { channel: 'fr' })).toBe('fr');
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

test('a persona that speaks one language goes before all that people set, speak and ask for', () => {
  const state = stepSpeakerLanguage({}, turn('de', { requested: 'fr' }));
  expect(languageOf(state, { fixed: 'ja', own: 'es' })).toBe('ja');
  expect(holdOf(state, { fixed: 'ja', own: 'es' }, false)).toBe('fixed');
});

test('before a turn is heard its language is open unless something settled it, after it unless it is a guess', () => {
  const latest = stepSpeakerLanguage({}, turn('de'));
  const guessed = stepSpeakerLanguage({}, turn('de', { probability: 0.5 }));
  const holds = [{}, guessed, latest, stepSpeakerLanguage(latest, turn('de'))].map((state) => [
    holdOf(state, {}, false),
    holdOf(state, {}, true),
  ]);
  expect(holds).toEqual([
    ['open', 'open'],
    ['open', 'open'],
    ['open', 'settled'],
    ['settled', 'settled'],
  ]);
  expect(holdOf({}, { own: 'es' }, false)).toBe('settled');
});

test('a hint that comes back proves nothing against words that are surely of another language', () => {
  const found = (probability: number) => ({ language: 'en', probability });
  expect(languageOfWords('de', 'de-AT', found(0.9)).language).toBe('en');
  expect(languageOfWords('de', 'de', found(0.6)).language).toBe('de');
  expect(languageOfWords('de', undefined, found(0.9)).language).toBe('de');
  expect(languageOfWords(undefined, 'de', found(0.6))).toEqual(found(0.6));
});

test('regions are of one language', () => {
  expect(after(turn('pt'), turn('pt-BR'), turn('es'))).toEqual(['pt', 'pt-BR', 'pt-BR']);
});

test('what somebody asks for holds for the session, whatever they speak afterwards', () => {
  const asked = turn('en', { requested: 'de', words: 3 });
  expect(after(turn('en'), asked, turn('en'), turn('en'))).toEqual(['en', 'de', 'de', 'de']);
});

test.each([
  [{ own: 'ja', channel: 'fr', server: 'es' }, 'ja'],
  [{ channel: 'fr', server: 'es' }, 'de'],
])('with %j a person who speaks German is answered in %s', (choices, language) => {
  const state = stepSpeakerLanguage({}, turn('de'));
  expect(languageOf(state, choices)).toBe(language);
});

test('of somebody of whom nothing is known the channel tells, then the server, then nobody', () => {
  expect(languageOf({}, { channel: 'fr', server: 'es' })).toBe('fr');
  expect(languageOf({}, { server: 'es' })).toBe('es');
  expect(languageOf({}, {})).toBeUndefined();
});

test('no language is detected that the server does not have', () => {
  const state = stepSpeakerLanguage({}, turn('nl'), ['de', 'en-GB']);
  expect(languageOf(state, {})).toBeUndefined();
  expect(languageOf(stepSpeakerLanguage(state, turn('en'), ['de', 'en-GB']), {})).toBe('en');
});

test('a text is looked at only where nothing that goes before it is known', () => {
  expect(needsDetection({}, {})).toBe(true);
  expect(needsDetection({ locked: 'de' }, {})).toBe(true);
  expect(needsDetection({ requested: 'de' }, {})).toBe(false);
  expect(needsDetection({}, { own: 'de' })).toBe(false);
});

test.each([
  ['Hola', 1],
  ['¡Hola!', 1],
  ['Wie spät ist es?', 4],
  ['東京は今何時ですか', 6],
  ['', 0],
  ['…', 0],
  ['test 12', 1],
])('%j has %i words', (text, words) => {
  if (words > 4) expect(countWords(text)).toBeGreaterThan(1);
  else expect(countWords(text)).toBe(words);
});

test.each([
  ['Nova, where is it?', 'where is it'],
  ['Is it late, Hey Nova?', 'Is it late'],
  ["Nova's what's", "Nova's what's"],
  ['Novas', 'Novas'],
])('what the bot is called tells no language: %j', (text, content) => {
  expect(withoutNames(text, ['Nova', 'Hey Nova']).trim()).toBe(content);
});
