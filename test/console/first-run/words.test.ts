import { expect, test } from 'vitest';
import { wordsInOrder, wordsOf } from '#src/console/first-run/judge.ts';

test('punctuation, case and apostrophes are no words', () => {
  expect(wordsOf("It's FIVE — o’clock.")).toEqual(['its', 'five', 'oclock']);
});

test.each([
  ['You said two nine.', 'you said two nine', 1],
  ['You said two nine.', 'you said to nine', 0.75],
  ['one two three four', 'four three two one', 0.25],
  ['one two three four', 'well one and two and three and four', 1],
  ['something', '', 0],
  ['', 'something', 0],
])('of %j, %j holds %d in order', (expected, heard, part) => {
  expect(wordsInOrder(expected, heard)).toBe(part);
});
