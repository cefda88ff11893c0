import {
  admitChosenLanguage,
  type ExpectedLanguage,
} from '#src/base/language/expected-language.ts';
import { choosePrompt, getMarks } from '#src/speech/local/process/whisper-tokens.ts';

const marks = getMarks(50_257, 51_865);
/** Tokens of these languages, by their distance from that of English. */
const places = { en: 0, zh: 1, de: 2, es: 3, ru: 4, it: 15 } as const;

type Probabilities = Partial<Record<keyof typeof places, number>>;

/** The language that is heard, by the probabilities that Whisper's first step gives. */
function hearLanguage(probabilities: Probabilities, expected?: ExpectedLanguage) {
  const scores = new Float32Array(51_865).fill(-20);
  for (const [language, place] of Object.entries(places))
    scores[marks.start + 1 + place] = Math.log(
      probabilities[language as keyof typeof places] ?? 1e-6,
    );
  const { language, prompt } = choosePrompt(marks, scores, expected);
  // A translation is another task.
  expect(prompt[1]).toBe(marks.transcribe);
  return language;
}

function guessLanguage(
  weights: Readonly<Record<string, number>>,
  others = 1,
): ExpectedLanguage {
  const languages = Object.entries(weights).map(([language, weight]) => ({
    language,
    weight,
  }));
  return { kind: 'likely', languages, others };
}

test('the language with the best probability is heard, and English with an accent too', () => {
  expect(hearLanguage({ de: 0.9, en: 0.05 })).toBe('de');
  expect(hearLanguage({ de: 0.7, en: 0.2 })).toBe('en');
});

test.each<[string, Probabilities, string]>([
  ['sure German', { de: 0.95, en: 0.02 }, 'de'],
  ['sure English', { en: 0.95, de: 0.03 }, 'en'],
  ['sure Russian', { ru: 0.99 }, 'ru'],
])('%s stays that, whatever language was learned', (_, probabilities, transcript) => {
  for (const learned of ['en', 'de', 'es', 'ru', 'ja'])
    expect(hearLanguage(probabilities, guessLanguage({ [learned]: 4 })), learned).toBe(
      transcript,
    );
});

test('between two languages that sound alike the learned one is heard', () => {
  expect(hearLanguage({ it: 0.5, es: 0.4 })).toBe('it');
  expect(hearLanguage({ it: 0.5, es: 0.4 }, guessLanguage({ es: 4 }))).toBe('es');
  expect(hearLanguage({ it: 0.9, es: 0.05 }, guessLanguage({ es: 4 }))).toBe('it');
});

test('languages outside the list of a server are heard where they are sure', () => {
  const listed = guessLanguage({ de: 1, es: 1 }, 1 / 8);
  expect(hearLanguage({ de: 0.3, en: 0.4 }, listed)).toBe('de');
  expect(hearLanguage({ it: 0.95, es: 0.02 }, listed)).toBe('it');
});

test('a language that somebody set is obeyed, unless the model does not know it', () => {
  const setLanguage = (tag: string) =>
    ({ kind: 'set', language: admitChosenLanguage(tag) }) as const;
  expect(hearLanguage({ en: 0.99 }, setLanguage('de-AT'))).toBe('de');
  expect(hearLanguage({ en: 0.99 }, setLanguage('tlh'))).toBe('en');
});
