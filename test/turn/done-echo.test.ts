import { expect, test } from 'vitest';
import { isDoneEcho } from '#src/turn/answer-wording.ts';

test('a few words after a short request are an echo of it, longer ones or a longer request are not', () => {
  expect(isDoneEcho('a'.repeat(45), 60)).toBe(true);
  expect(isDoneEcho('a'.repeat(46), 60)).toBe(false);
  expect(isDoneEcho('a'.repeat(45), 61)).toBe(false);
});
