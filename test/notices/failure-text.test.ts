import {
  BotError,
  type ErrorCode,
  errorCodes,
  type FailureStage,
} from '#src/base/errors.ts';
import { findMissingVoiceLine, toFailureLine } from '#src/notices/channel-notices.ts';
import { formatText, readTexts } from '#src/texts/texts.ts';

const stages = ['recognise', 'think', 'speak', 'link', undefined] as const;

function sentenceOf(code: ErrorCode, stage: FailureStage | undefined) {
  const about = { retryAfterMs: 2_000, serverMessage: 'No, says 10.0.0.7:8000.' };
  const message = 'http://10.0.0.7:8000 failed';
  const { id, with: words } = toFailureLine(
    new BotError(code, true, message, undefined, stage, about),
  );
  return formatText(id, words);
}

test('people read of no failure on which host or port it happened', () => {
  const codes = Object.keys(errorCodes) as ErrorCode[];
  const told = codes.flatMap((code) => stages.map((stage) => sentenceOf(code, stage)));
  expect(told.filter((sentence) => /10\.0\.0\.7|8000|http/.test(sentence))).toEqual([]);
  const words = [...readTexts('en').values()].flatMap(({ text }) =>
    Array.from(text.matchAll(/\{(\w+)[,}]/g), ([, word = '']) => word),
  );
  expect(
    words.filter((word) => /provider|server|host|address|url/i.test(word)),
  ).toEqual([]);
});

test('a model whose reply has a wrong form is not said to be silent', () => {
  for (const code of [
    'provider.refused',
    'provider.wrong_type',
    'answer.malformed',
  ] as const)
    expect(sentenceOf(code, 'think')).toMatch(/no answer that I can use/);
});

test('people are told that a model is loading, and that a question is refused for its content', () => {
  expect(sentenceOf('provider.loading', 'recognise')).toBe(
    'My model is still loading.',
  );
  const about = { status: 403, isContentRefusal: true } as const;
  const refused = new BotError(
    'provider.refused',
    false,
    'No.',
    undefined,
    'think',
    about,
  );
  expect(toFailureLine(refused)).toEqual({ id: 'fail.content' });
});

test('a text that no voice speaks names its language in that of the reader, and who can mend it', () => {
  const about = { language: 'de' };
  const error = new BotError(
    'speech.no_voice',
    false,
    'No.',
    undefined,
    'speak',
    about,
  );
  const { id, with: values } = findMissingVoiceLine(error, 'fr') ?? expect.fail();
  expect(formatText(id, values, 'fr')).toMatch(/allemand.*npm run setup/);
  expect(
    findMissingVoiceLine(new BotError('provider.late', true, 'No.')),
  ).toBeUndefined();
});
