import { expect, test } from 'vitest';
import { answerSound, languageOrder } from '#src/pipeline/answer-language.ts';
import type { AnswerLanguage } from '#src/pipeline/pipeline.ts';

const style = { instructions: 'Be brief.', voice: { name: 'marin' } };
const language = (hold: AnswerLanguage['hold'], now?: string): AnswerLanguage => ({
  now,
  hold,
  isOutdated: false,
  hear: async () => undefined,
});

test('a voice is told the language of what it says, but where that is a guess', () => {
  const voiceOf = (one?: AnswerLanguage) =>
    answerSound({ style, ...(one && { language: one }) }).voice;
  expect(voiceOf(language('settled', 'fr'))).toEqual({ name: 'marin', language: 'fr' });
  expect(voiceOf(language('open', 'de'))).toEqual({ name: 'marin' });
  expect(voiceOf(language('open'))).toEqual({ name: 'marin' });
  expect(voiceOf()).toEqual({ name: 'marin' });
});

test('a model is told the language as firmly as it is known, and nothing that its style says already', () => {
  expect(languageOrder(language('settled', 'de'))).toBe(
    ' Answer in German, unless these very words ask for another language.',
  );
  expect(languageOrder(language('open', 'de'))).toContain('unless these words');
  expect([languageOrder(language('fixed', 'de')), languageOrder(language('open'))]).toEqual([
    '',
    '',
  ]);
});
