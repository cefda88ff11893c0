import { expect, test } from 'vitest';
import { asksTheSame, hasWaitedTooLong, queueRules } from '#src/turn/queue-rules.ts';

const asked = (text: string, endedAtMs = 0) => ({ text, endedAtMs });
const isSame = (one: string, other: string, apartMs = 0) =>
  asksTheSame(asked(one), asked(other, apartMs), queueRules);

test('the same words within three seconds are one question, in either order', () => {
  expect(isSame('What time is it?', 'what time is it', 3_000)).toBe(true);
  expect(isSame('What time is it?', 'what time is it', -3_000)).toBe(true);
  expect(isSame('What time is it?', 'what time is it', 3_001)).toBe(false);
  expect(isSame('What time is it?', 'what day is it')).toBe(false);
});

test('questions without a letter or a figure are not the same', () => {
  expect(isSame('', '')).toBe(false);
  expect(isSame('?!', '...')).toBe(false);
  expect(isSame('7', '7')).toBe(true);
});

test('a question waits 45 seconds for its turn', () => {
  expect(hasWaitedTooLong(1_000, 45_999, queueRules)).toBe(false);
  expect(hasWaitedTooLong(1_000, 46_000, queueRules)).toBe(true);
});
