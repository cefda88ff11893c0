import { expect, test } from 'vitest';
import { plainWords, sameWords } from '#src/turn/same-words.ts';

test('case, punctuation and spaces make no other words', () => {
  expect(sameWords(' What time is it?', 'what  time is it')).toBe(true);
  expect(sameWords('what time', 'what time is it')).toBe(false);
});

test('letters of all scripts stay, everything else becomes one space', () => {
  expect(plainWords('  Où est-il, ÉMILE?! ')).toBe('où est il émile');
  expect(plainWords('今、何時ですか。')).toBe('今 何時ですか');
  expect(plainWords('?!')).toBe('');
});
