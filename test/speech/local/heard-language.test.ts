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
function hear(probabilities: Probabilities, expected?: ExpectedLanguage) {
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

function guess(
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
  expect(hear({ de: 0.9, en: 0.05 })).toBe('de');
  expect(hear({ de: 0.7, en: 0.2 })).toBe('en');
});

test.each<[string, Probabilities, string]>([
  ['sure German', { de: 0.95, en: 0.02 }, 'de'],
  ['sure English', { en: 0.95, de: 0.03 }, 'en'],
  ['sure Russian', { ru: 0.99 }, 'ru'],
])('%s stays that, whatever language was learned', (_, probabilities, heard) => {
  for (const learned of ['en', 'de', 'es', 'ru', 'ja'])
    expect(hear(probabilities, guess({ [learned]: 4 })), learned).toBe(heard);
});

test('between two languages that sound alike the learned one is heard', () => {
  expect(hear({ it: 0.5, es: 0.4 })).toBe('it');
  expect(hear({ it: 0.5, es: 0.4 }, guess({ es: 4 }))).toBe('es');
  expect(hear({ it: 0.9, es: 0.05 }, guess({ es: 4 }))).toBe('it');
});

test('languages outside the list of a server are heard where they are sure', () => {
  const listed = guess({ de: 1, es: 1 }, 1 / 8);
  expect(hear({ de: 0.3, en: 0.4 }, listed)).toBe('de');
  expect(hear({ it: 0.95, es: 0.02 }, listed)).toBe('it');
});

test('a language that somebody set is obeyed, unless the model does not know it', () => {
  const set = (tag: string) =>
    ({ kind: 'set', language: admitChosenLanguage(tag) }) as const;
  expect(hear({ en: 0.99 }, set('de-AT'))).toBe('de');
  expect(hear({ en: 0.99 }, set('tlh'))).toBe('en');
});
