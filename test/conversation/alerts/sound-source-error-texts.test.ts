import { expect, test } from 'vitest';
import { BotError } from '#src/base/errors.ts';
import {
  type SoundUse,
  soundSourceErrorText,
} from '#src/conversation/alerts/sound-source-error-texts.ts';
import { text } from '#src/texts/texts.ts';

function said(code: BotError['code'], use: SoundUse): string | undefined {
  const line = soundSourceErrorText(new BotError(code, false, 'It failed.'), use);
  return line && text(line.id, line.with);
}

test.each([
  ['source.not_audio', 'not audio'],
  ['source.too_long', 'longer than 3 h'],
  ['source.too_big', 'file too big'],
  ['source.not_allowed', 'address not allowed'],
  ['source.blocked', 'your last files broke my decoder. Try again in a minute'],
  ['source.crowded', 'too many sounds of this kind play now. Try again later'],
  ['source.unreachable', "I couldn't fetch it"],
  ['source.broken', "I couldn't fetch it"],
] as const)('%s of a sound for a track reads "%s"', (code, words) => {
  expect(said(code, 'track')).toBe(words);
});

test.each([
  ['source.too_long', "Can't listen to that: longer than 120 s."],
  ['source.too_big', "Can't listen to that: file too big."],
  ['source.not_allowed', "Can't listen to that: address not allowed."],
  ['source.unreachable', "Can't listen to that: I couldn't fetch it. Send it again."],
] as const)('%s of a recording reads "%s"', (code, words) => {
  expect(said(code, 'recording')).toBe(words);
});

test('a failure that nobody but the operator can mend is no fault of a sound', () => {
  expect(said('source.crowded', 'recording')).toBeUndefined();
  expect(said('source.broken', 'recording')).toBeUndefined();
  expect(said('provider.late', 'track')).toBeUndefined();
  expect(soundSourceErrorText(new Error('a bug'), 'track')).toBeUndefined();
});
