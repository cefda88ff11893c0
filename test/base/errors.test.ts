import { expect, test } from 'vitest';
import { atStage, BotError, errorCodes } from '#src/base/errors.ts';

test('every error code is a folder and a word, and says what it means', () => {
  for (const [code, meaning] of Object.entries(errorCodes)) {
    expect(code).toMatch(/^[a-z]+\.[a-z_]+$/);
    expect(meaning).not.toBe('');
  }
});

test('an error keeps what caused it, and has no cause where there was none', () => {
  const cause = new Error('socket closed');
  expect(new BotError('link.lost', true, 'The link went away.', cause).cause).toBe(cause);
  expect('cause' in new BotError('link.lost', true, 'The link went away.')).toBe(false);
});

test('a stage is named once, by whoever was nearest', () => {
  const bare = new BotError('provider.late', true, 'The server was silent for 30 s.');
  const named = atStage('think', bare);
  expect(named).toMatchObject({ code: 'provider.late', retryable: true, stage: 'think' });
  expect(atStage('speak', named)).toBe(named);
});

test('our own mistakes get no stage', () => {
  const mistake = new TypeError('x is not a function');
  expect(atStage('think', mistake)).toBe(mistake);
});
