import { NgramLanguageDetector } from '#src/speech/text-language/text-language.ts';
import questions from '#test/fixtures/languages/short-questions.json' with {
  type: 'json',
};

const detector = new NgramLanguageDetector();

test.each(Object.entries(questions))(
  'of short questions in %s none is taken for another language, and seven in eight are sure',
  async (language, texts) => {
    const matches = await Promise.all(texts.map((text) => detector.detect(text, [])));
    const sure = matches.filter((one) => one !== undefined && one.probability >= 0.8);
    expect(sure.map((one) => one?.language)).toEqual(sure.map(() => language));
    expect(sure.length).toBeGreaterThanOrEqual(language === 'ru' ? 4 : 7);
  },
);

test('among the languages of a server the likeliest is found, with more certainty', async () => {
  const text = 'Завтра будет дождь?';
  const [anywhere, here] = [
    await detector.detect(text, []),
    await detector.detect(text, ['ru', 'en-GB']),
  ];
  expect(here?.language).toBe('ru');
  expect(here?.probability).toBeGreaterThan(anywhere?.probability ?? 1);
});

test.each(['', '123', '?!', '🎉', 'toss a coin'])(
  '%j is surely of no language',
  async (text) =>
    expect((await detector.detect(text, []))?.probability ?? 0).toBeLessThan(0.8),
);
